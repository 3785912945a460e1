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

/**
 * Reads on until the file has said all that the job's counters promise. An end that comes too early is believed only when
 * a second look brings nothing more: a cut can look like a normal end. False where another attempt got in between.
 */
async function collectRest(
  deps: ActivityDeps,
  source: JobSource,
  log: JobLog,
  context: StepContext,
): Promise<boolean> {
  const group = new Group(log);
  if (source.job.resultFile) {
    for (let seen = -1, believed = false; !believed; ) {
      const pass = await readOn(deps, { ...source, file: source.job.resultFile }, log, group, context);
      if (!pass) return false;
      believed = pass.end === seen || (pass.rest === undefined && group.lines >= source.job.expectedLines);
      seen = pass.end;
      if (believed && pass.rest) group.add(takeLine(pass.rest, expectationOf(source)), pass.end, false);
    }
  }
  return write(deps, source, log, group, true, context);
}

/** One download from where the group ends. `rest` is a last line that was cut off; undefined where another attempt got in between. */
async function readOn(
  deps: ActivityDeps,
  source: JobSource & { file: string },
  log: JobLog,
  group: Group,
  context: StepContext,
): Promise<{ end: number; rest?: Uint8Array } | undefined> {
  const expected = expectationOf(source);
  const chunks = deps.gemini.results(source.file, group.end, context.signal);
  for await (const line of splitLines(chunks, group.end, LONGEST_LINE)) {
    const taken = line.tooLong ? TOO_LONG : isBlank(line.bytes) ? NOTHING : takeLine(line.bytes, expected);
    if (!line.whole && taken.answers.length === 0) return { end: line.end, rest: line.bytes };
    group.add(taken, line.end, isBlank(line.bytes));
    if (group.isFull && !(await write(deps, source, log, group, false, context))) return undefined;
  }
  return { end: group.end };
}

function expectationOf({ expected, job }: JobSource): Expectation {
  return { ...expected, job: job.job };
}

/** CRLF and empty lines are no answers and no faults. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.byteLength === 0 || (bytes.byteLength === 1 && bytes[0] === 0x0d);
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
