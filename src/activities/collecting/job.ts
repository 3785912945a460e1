import { HummingbatchError } from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import { splitLines } from '../../gemini/index.ts';
import type { ActivityDeps } from '../deps.ts';
import type { StepContext } from '../step.ts';
import type { EndedJob } from '../types.ts';
import { type Expectation, type Taken, takeLine } from './line.ts';
import { append, type JobLog, readLog } from './log.ts';

// A group is synced and promised as one. 16 MB bounds the memory; 32 lines bound what a crash repeats.
const GROUP_BYTES = 16 << 20;
const GROUP_LINES = 32;
/** A 1K image is at most 2 MB, a third more in base64; an answer may hold several. */
const LONGEST_LINE = 48 << 20;
/** An end that looks too early is believed when a third attempt sees the same one. */
const BELIEVED_AT = 3;

export interface JobSource {
  batchId: string;
  round: number;
  job: EndedJob;
  expected: Omit<Expectation, 'job'>;
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
    remember(log, expected.images);
    if (log.done) return log;
    if (await collectRest(deps, source, log, context)) return log;
  }
}

/** What the log holds already decides the names of what comes. */
function remember(log: JobLog, images: Expectation['images']): void {
  for (const { output, image } of log.answers) {
    if (!image) continue;
    const known = images.get(output) ?? new Map<string, string>();
    images.set(output, known.set(image.sha256, image.file));
  }
}

/** False where another attempt got in between: the log must be read again. */
async function collectRest(
  deps: ActivityDeps,
  source: JobSource,
  log: JobLog,
  context: StepContext,
): Promise<boolean> {
  const { job } = source;
  const expected: Expectation = { ...source.expected, job: job.job };
  const group = new Group(log);
  if (job.resultFile) {
    const chunks = deps.gemini.results(job.resultFile, log.end, context.signal);
    for await (const line of splitLines(chunks, log.end, LONGEST_LINE)) {
      const blank = line.bytes.byteLength === 0 || (line.bytes.byteLength === 1 && line.bytes[0] === 0x0d);
      const taken = blank ? NOTHING : line.tooLong ? TOO_LONG : takeLine(line.bytes, expected);
      if (!line.whole && taken.answers.length === 0 && source.tries.here < BELIEVED_AT) {
        throw new HummingbatchError('unreachable', 'The results broke off in the middle of a line.');
      }
      group.add(taken, line.end, blank);
      if (group.isFull && !(await write(deps, source, log, group, false, context))) return false;
    }
  }
  if (group.lines < job.expectedLines && job.resultFile && source.tries.here < BELIEVED_AT) {
    if (!group.isEmpty) await write(deps, source, log, group, false, context);
    throw new HummingbatchError(
      'unreachable',
      `The results ended after ${log.lines} of ${job.expectedLines} lines.`,
    );
  }
  return write(deps, source, log, group, true, context);
}

const NOTHING: Taken = { answers: [], images: [], anomalies: [] };
const TOO_LONG: Taken = { answers: [], images: [], anomalies: [`a line of more than ${LONGEST_LINE} bytes`] };

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
  const { end, lines, answers, anomalies } = group;
  const checkpoint = { sequence: context.sequence, end, lines, answers, anomalies, done };
  const written = await append(store, source.batchId, source.round, log, checkpoint);
  group.clear();
  source.tries.here = 1;
  context.heartbeat({ job: log.job, lines: log.lines, of: source.job.expectedLines });
  return written;
}

/** Lines that are taken but not yet promised. */
class Group {
  answers: Taken['answers'] = [];
  images: Taken['images'] = [];
  anomalies: string[] = [];
  end: number;
  lines: number;
  #bytes = 0;
  #taken = 0;

  constructor({ end, lines }: JobLog) {
    this.end = end;
    this.lines = lines;
  }

  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= GROUP_BYTES || this.#taken >= GROUP_LINES;
  }

  add(taken: Taken, end: number, blank: boolean): void {
    this.answers.push(...taken.answers);
    this.images.push(...taken.images);
    this.anomalies.push(...taken.anomalies);
    this.end = end;
    if (!blank) this.lines += 1;
    this.#taken += 1;
    this.#bytes += taken.images.reduce((sum, { data }) => sum + (data as Uint8Array).byteLength, 0);
  }

  clear(): void {
    this.answers = [];
    this.images = [];
    this.anomalies = [];
    this.#bytes = 0;
    this.#taken = 0;
  }
}
