import { HummingbatchError } from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import type { Answer } from '../../contract/record.ts';
import { getJson } from '../../store/json.ts';
import type { Store } from '../../store/store.ts';

/**
 * Records that every line of the result file before `end` is processed and its images are on disk. Holds the answers
 * of these lines. Checkpoints are create-only and numbered; all checkpoints of a job together are its log.
 */
export interface Checkpoint {
  /** The attempt that wrote it: see `StepContext.sequence`. */
  sequence: number;
  /** Bytes of the result file that are processed. */
  end: number;
  /** Lines that are processed, from the beginning of the file. */
  lines: number;
  answers: Answer[];
  anomalies: string[];
  /** The number of further anomalies, whose text is not kept. */
  unlisted: number;
  /** The cost of answers that belong to no output, USD. */
  strayUsd: number;
  /** The number of those answers. */
  strays: number;
  /** The outputs whose answers do not say what they cost. */
  unmetered: string[];
  /** The whole file is processed. */
  done: boolean;
}

/** The collected answers of a job. */
export interface JobLog {
  job: string;
  /** The number of checkpoints. */
  count: number;
  end: number;
  lines: number;
  answers: Answer[];
  anomalies: string[];
  unlisted: number;
  strayUsd: number;
  strays: number;
  unmetered: string[];
  done: boolean;
}

export async function readJobLog(store: Store, batchId: string, round: number, job: string): Promise<JobLog> {
  const prefix = batchPlaces(batchId).round(round).checkpoints(job);
  const log: JobLog = {
    ...{ job, count: 0, end: 0, lines: 0 },
    ...{ answers: [], anomalies: [], unlisted: 0, strayUsd: 0, strays: 0, unmetered: [], done: false },
  };
  for (const key of await store.list(prefix)) {
    const checkpoint = await getJson<Checkpoint>(store, key);
    if (checkpoint) applyCheckpoint(log, checkpoint);
  }
  return log;
}

/**
 * Adds a checkpoint. False where an older attempt that was frozen wrote this number first. Its checkpoint is as good,
 * so the caller reads the log again and continues after it.
 *
 * @throws `aborted` where a newer attempt wrote this number: then this attempt is the old one and stops
 */
export async function appendCheckpoint(
  store: Store,
  batchId: string,
  round: number,
  log: JobLog,
  checkpoint: Checkpoint,
): Promise<boolean> {
  const key = `${batchPlaces(batchId).round(round).checkpoints(log.job)}${String(log.count + 1).padStart(6, '0')}.json`;
  if (await store.putIfAbsent(key, `${JSON.stringify(checkpoint)}\n`)) {
    applyCheckpoint(log, checkpoint);
    return true;
  }
  const other = await getJson<Checkpoint>(store, key);
  if (other && other.sequence > checkpoint.sequence) {
    throw new HummingbatchError('aborted', 'A newer attempt is collecting this job.');
  }
  return false;
}

function applyCheckpoint(log: JobLog, checkpoint: Checkpoint): void {
  const { end, lines, answers, anomalies, unlisted, strayUsd, strays, unmetered, done } = checkpoint;
  log.count += 1;
  log.end = end;
  log.lines = lines;
  log.done = done;
  log.answers.push(...answers);
  log.anomalies.push(...anomalies);
  log.unlisted += unlisted;
  log.strayUsd += strayUsd;
  log.strays += strays;
  log.unmetered.push(...unmetered);
}
