import { HummingbatchError } from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import { type Line, splitLines } from '../../gemini/index.ts';
import type { ActivityDeps } from '../deps.ts';
import type { StepContext } from '../step.ts';
import type { EndedJob } from '../types.ts';
import { Group } from './group.ts';
import { EMPTY, type Expectation, type LineResult, parseLine } from './line.ts';
import { appendCheckpoint, type JobLog, readJobLog } from './log.ts';

/** A 1K image has at most 2 MB, a third more in base64, and an answer may hold several images. */
const MAX_LINE_BYTES = 48 << 20;
/** The most downloads in one attempt that end before the expected number of answers. */
const MAX_DOWNLOADS = 5;

export interface JobSource {
  batchId: string;
  round: number;
  job: EndedJob;
  expected: Omit<Expectation, 'job' | 'redactKey'>;
  tries: Tries;
}

/**
 * How many attempts have started at the current checkpoint, this one included. Goes back to 1 when a checkpoint is
 * written.
 */
export interface Tries {
  here: number;
}

/** Collects the answers of one job: reads its result file once, from the last checkpoint on. */
export async function collectJob(
  deps: ActivityDeps,
  source: JobSource,
  context: StepContext,
): Promise<JobLog> {
  const { batchId, round, job, expected } = source;
  for (;;) {
    const log = await readJobLog(deps.store, batchId, round, job.job);
    indexImages(log, expected.images);
    if (log.done) return log;
    if (await collectRemaining(deps, source, log, context)) return log;
  }
}

/** Adds the images of the log, because the names of further images depend on them. */
export function indexImages(log: JobLog, images: Expectation['images']): void {
  for (const { output, image } of log.answers) {
    if (!image) continue;
    const known = images.get(output) ?? new Map<string, string>();
    images.set(output, known.set(image.sha256, image.file));
  }
}

/** False where another attempt wrote the next checkpoint. */
async function collectRemaining(
  deps: ActivityDeps,
  source: JobSource,
  log: JobLog,
  context: StepContext,
): Promise<boolean> {
  const group = new Group(log);
  const { resultFile } = source.job;
  if (resultFile && !(await downloadAll(deps, { ...source, file: resultFile }, log, group, context)))
    return false;
  return writeCheckpoint(deps, source, log, group, true, context);
}

/**
 * Downloads until as many outputs are answered as the job's counters say. A file that ends too early is accepted only
 * when a second download ends at the same byte, because a cut connection can look like a normal end. Counts outputs and
 * not lines, because one output can have several lines. False where another attempt wrote the next checkpoint.
 */
async function downloadAll(
  deps: ActivityDeps,
  source: JobSource & { file: string },
  log: JobLog,
  group: Group,
  context: StepContext,
): Promise<boolean> {
  for (let downloads = 0, lastEnd = -1; downloads < MAX_DOWNLOADS; downloads++) {
    const download = await downloadInTurns(deps, source, log, group, context, downloads > 0);
    if (!download) return false;
    const answered = countAnswered({ answers: [...log.answers, ...group.answers] });
    if (!download.partialLine && answered >= source.job.expectedLines) return true;
    if (download.end === lastEnd) {
      if (download.partialLine) group.add(download.partialLine, download.end);
      return true;
    }
    lastEnd = download.end;
  }
  throw new HummingbatchError(
    'unreachable',
    `The result file ended at another byte in each of ${MAX_DOWNLOADS} downloads.`,
  );
}

/** The number of outputs that are answered: one may have several answers. */
export function countAnswered({ answers }: Pick<JobLog, 'answers'>): number {
  return new Set(answers.map(({ output }) => output)).size;
}

interface Download {
  /** The offset at which the download ended. */
  end: number;
  /** The result of a last line that has no newline and is no answer: it may have been cut off. */
  partialLine?: LineResult;
  /** It ended early, at a checkpoint, because others wait. */
  isOver?: true;
}

/** The connection is closed while others have their turn: what it has received would stay in memory. */
async function downloadInTurns(...args: Parameters<typeof downloadOnce>): Promise<Download | undefined> {
  const [, , , , context] = args;
  for (;;) {
    const download = await downloadOnce(...args);
    if (!download?.isOver) return download;
    await context.turn.pass();
  }
}

/** Downloads once, from the end of the group. Undefined where another attempt wrote the next checkpoint. */
async function downloadOnce(
  deps: ActivityDeps,
  source: JobSource & { file: string },
  log: JobLog,
  group: Group,
  context: StepContext,
  again: boolean,
): Promise<Download | undefined> {
  const expected: Expectation = { ...source.expected, job: source.job.job, redactKey: deps.gemini.redactKey };
  const chunks = deps.gemini.results(source.file, group.end, context.signal, { again });
  for await (const line of splitLines(countBytes(chunks, context), group.end, MAX_LINE_BYTES)) {
    const result = parseAnswer(line, expected);
    if (!line.hasNewline && result.answers.length === 0) return { end: line.end, partialLine: result };
    group.add(result, line.end);
    if (!group.isFull) continue;
    if (!(await writeCheckpoint(deps, source, log, group, false, context))) return undefined;
    if (context.turn.isOver()) return { end: group.end, isOver: true };
  }
  return { end: group.end };
}

async function* countBytes(
  chunks: AsyncIterable<Uint8Array>,
  { count }: StepContext,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count('downloadedBytes', chunk.byteLength, {});
    yield chunk;
  }
}

function parseAnswer({ bytes, tooLong }: Line, expected: Expectation): LineResult {
  if (tooLong) return { ...EMPTY, anomalies: [`a line of more than ${MAX_LINE_BYTES} bytes`] };
  return isBlank(bytes) ? EMPTY : parseLine(bytes, expected);
}

/** Whether a line is empty, or a lone CR of a CRLF: neither an answer nor an anomaly. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.byteLength === 0 || (bytes.byteLength === 1 && bytes[0] === 0x0d);
}

/** Writes and syncs the images first, then the checkpoint that records them. */
async function writeCheckpoint(
  deps: ActivityDeps,
  source: JobSource,
  log: JobLog,
  group: Group,
  done: boolean,
  context: StepContext,
): Promise<boolean> {
  const { store } = deps;
  const places = batchPlaces(source.batchId);
  await store.putAll(group.images.map(({ key, data }) => ({ key: places.file(key), data })));
  context.count('imageBytes', group.imageBytes, {});
  const { end, lines, answers, anomalies, unlisted, strayUsd, strays, unmetered } = group;
  const found = { answers, anomalies, unlisted, strayUsd, strays, unmetered };
  const checkpoint = { sequence: context.sequence, end, lines, ...found, done };
  const written = await appendCheckpoint(store, source.batchId, source.round, log, checkpoint);
  group.clear();
  source.tries.here = 1;
  context.heartbeat({ job: log.job, lines: log.lines, of: source.job.expectedLines });
  return written;
}
