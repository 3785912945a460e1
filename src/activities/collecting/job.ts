import { HummingbatchError } from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import { type Line, splitLines } from '../../gemini/index.ts';
import type { ActivityDeps } from '../deps.ts';
import type { StepContext } from '../step.ts';
import type { EndedJob } from '../types.ts';
import { Group } from './group.ts';
import { BLANK, type Expectation, type Taken, takeLine } from './line.ts';
import { append, type JobLog, readLog } from './log.ts';

/** A 1K image is at most 2 MB, a third more in base64; an answer may hold several. */
const MAX_LINE = 48 << 20;
/** Downloads in one attempt whose end is not believed. */
const MAX_LOOKS = 5;

export interface JobSource {
  batchId: string;
  round: number;
  job: EndedJob;
  expected: Omit<Expectation, 'job' | 'clean'>;
  tries: Tries;
}

/** How many attempts have begun at the present checkpoint, this one included; 1 again as soon as a new one is written. */
export interface Tries {
  here: number;
}

/** Collects what one job answered: a single pass over its result file, from the last checkpoint on. */
export async function collectJob(
  deps: ActivityDeps,
  source: JobSource,
  context: StepContext,
): Promise<JobLog> {
  const { batchId, round, job, expected } = source;
  for (;;) {
    const log = await readLog(deps.store, batchId, round, job.job);
    noteImages(log, expected.images);
    if (log.done) return log;
    if (await collectRest(deps, source, log, context)) return log;
  }
}

/** What the log holds already decides the names of what comes. */
function noteImages(log: JobLog, images: Expectation['images']): void {
  for (const { output, image } of log.answers) {
    if (!image) continue;
    const known = images.get(output) ?? new Map<string, string>();
    images.set(output, known.set(image.sha256, image.file));
  }
}

/** False where another attempt got in between. */
async function collectRest(
  deps: ActivityDeps,
  source: JobSource,
  log: JobLog,
  context: StepContext,
): Promise<boolean> {
  const group = new Group(log);
  const { resultFile } = source.job;
  if (resultFile && !(await readAll(deps, { ...source, file: resultFile }, log, group, context)))
    return false;
  return write(deps, source, log, group, true, context);
}

/**
 * Reads on until as many outputs are answered as the job's counters promise. An end that comes too early is believed only
 * when a second look brings nothing more: a cut can look like a normal end. Lines are not what is counted, since one output
 * can have several. False where another attempt got in between.
 */
async function readAll(
  deps: ActivityDeps,
  source: JobSource & { file: string },
  log: JobLog,
  group: Group,
  context: StepContext,
): Promise<boolean> {
  for (let looks = 0, seen = -1; looks < MAX_LOOKS; looks++) {
    const pass = await readOn(deps, source, log, group, context, looks > 0);
    if (!pass) return false;
    if (!pass.rest && answered(log, group) >= source.job.expectedLines) return true;
    if (pass.end === seen) {
      if (pass.rest) group.add(pass.rest, pass.end);
      return true;
    }
    seen = pass.end;
  }
  throw new HummingbatchError('unreachable', 'The results end at another place each time.');
}

function answered(log: JobLog, group: Group): number {
  return new Set([...log.answers, ...group.answers].map(({ output }) => output)).size;
}

interface Pass {
  /** Where the download ended. */
  end: number;
  /** What a last line comes to that lacks its newline and is no answer: it may have been cut. */
  rest?: Taken;
}

/** One download from where the group ends; undefined where another attempt got in between. */
async function readOn(
  deps: ActivityDeps,
  source: JobSource & { file: string },
  log: JobLog,
  group: Group,
  context: StepContext,
  again: boolean,
): Promise<Pass | undefined> {
  const expected: Expectation = { ...source.expected, job: source.job.job, clean: deps.gemini.clean };
  const chunks = deps.gemini.results(source.file, group.end, context.signal, { again });
  for await (const line of splitLines(counted(chunks, context), group.end, MAX_LINE)) {
    const taken = take(line, expected);
    if (!line.whole && taken.answers.length === 0) return { end: line.end, rest: taken };
    group.add(taken, line.end);
    if (group.isFull && !(await write(deps, source, log, group, false, context))) return undefined;
  }
  return { end: group.end };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  { count }: StepContext,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count('downloadedBytes', chunk.byteLength, {});
    yield chunk;
  }
}

function take({ bytes, tooLong }: Line, expected: Expectation): Taken {
  if (tooLong) return { ...BLANK, anomalies: [`a line of more than ${MAX_LINE} bytes`] };
  return isBlank(bytes) ? BLANK : takeLine(bytes, expected);
}

/** CRLF and empty lines are no answers and no faults. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.byteLength === 0 || (bytes.byteLength === 1 && bytes[0] === 0x0d);
}

/** Images first, all synced; then the checkpoint that promises them. */
async function write(
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
  const { end, lines, answers, anomalies, unlisted, strayUsd } = group;
  const found = { answers, anomalies, unlisted, strayUsd };
  const checkpoint = { sequence: context.sequence, end, lines, ...found, done };
  const written = await append(store, source.batchId, source.round, log, checkpoint);
  group.clear();
  source.tries.here = 1;
  context.heartbeat({ job: log.job, lines: log.lines, of: source.job.expectedLines });
  return written;
}
