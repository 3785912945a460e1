import { HummingbatchError } from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import type { Answer } from '../../contract/record.ts';
import { getJson } from '../../store/json.ts';
import type { Store } from '../../store/store.ts';

/**
 * A promise: every line of the result file before `end` is dealt with, its images are on disk, and these are its
 * answers. Create-only and numbered; all of a job's checkpoints together are the log of what it answered.
 */
export interface Checkpoint {
  /** Which attempt wrote it: see `StepContext.sequence`. */
  sequence: number;
  /** Bytes of the result file that are dealt with. */
  end: number;
  /** Lines that are dealt with, from the beginning. */
  lines: number;
  answers: Answer[];
  anomalies: string[];
  /** Further anomalies, of which only the number is kept. */
  unlisted: number;
  /** What answers cost that are nobody's. */
  strayUsd: number;
  /** The whole file is dealt with. */
  done: boolean;
}

/** What a job answered, as far as it is collected. */
export interface JobLog {
  job: string;
  /** Checkpoints there are. */
  count: number;
  end: number;
  lines: number;
  answers: Answer[];
  anomalies: string[];
  unlisted: number;
  strayUsd: number;
  done: boolean;
}

export async function readLog(store: Store, batchId: string, round: number, job: string): Promise<JobLog> {
  const prefix = batchPlaces(batchId).round(round).checkpoints(job);
  const log: JobLog = {
    ...{ job, count: 0, end: 0, lines: 0 },
    ...{ answers: [], anomalies: [], unlisted: 0, strayUsd: 0, done: false },
  };
  for (const key of await store.list(prefix)) {
    const checkpoint = await getJson<Checkpoint>(store, key);
    if (checkpoint) take(log, checkpoint);
  }
  return log;
}

/**
 * Adds a checkpoint. False where an older attempt, frozen and awake again, wrote this number first: what it promised is
 * as good, so the caller reads the log again and goes on behind it.
 *
 * @throws `aborted` where a newer attempt did: then this one is the old one, and stops
 */
export async function append(
  store: Store,
  batchId: string,
  round: number,
  log: JobLog,
  checkpoint: Checkpoint,
): Promise<boolean> {
  const key = `${batchPlaces(batchId).round(round).checkpoints(log.job)}${String(log.count + 1).padStart(6, '0')}.json`;
  if (await store.putIfAbsent(key, `${JSON.stringify(checkpoint)}\n`)) {
    take(log, checkpoint);
    return true;
  }
  const other = await getJson<Checkpoint>(store, key);
  if (other && other.sequence > checkpoint.sequence) {
    throw new HummingbatchError('aborted', 'A newer attempt collects this job.');
  }
  return false;
}

function take(log: JobLog, checkpoint: Checkpoint): void {
  const { end, lines, answers, anomalies, unlisted, strayUsd, done } = checkpoint;
  log.count += 1;
  log.end = end;
  log.lines = lines;
  log.done = done;
  log.answers.push(...answers);
  log.anomalies.push(...anomalies);
  log.unlisted += unlisted;
  log.strayUsd += strayUsd;
}
