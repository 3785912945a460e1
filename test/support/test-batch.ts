import { setTimeout as pause } from 'node:timers/promises';
import {
  type BatchProgress,
  type ErrorCode,
  HummingbatchError,
  type OutputRecord,
  type Report,
  type Stop,
  toWorkflowId,
} from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { JobEntry, UploadEntry } from '../../src/emulator/index.ts';
import type { World } from './world.ts';

/** A pattern for the names of a batch's jobs and files at Google, for the `match.name` of a fault. */
export function namePrefix(batchId: string): string {
  return `^hb/${batchId}/`;
}

/** One batch of a test world: its progress, its jobs at Google and its files in the store. */
export function openTestBatch(world: World, id: string) {
  const { client, store, emulator, hummingbatch } = world;
  const handle = hummingbatch.batch(id);
  const places = batchPlaces(id);

  const isOwn = ({ displayName }: { displayName?: string }) => displayName?.startsWith(`hb/${id}/`);
  const readJson = async <T>(key: string): Promise<T> =>
    JSON.parse(Buffer.from((await store.get(key)) ?? []).toString()) as T;

  /** The progress; undefined if no worker answers the query in time, as happens on a busy machine. */
  async function readProgress(): Promise<BatchProgress | undefined> {
    try {
      return await handle.status();
    } catch (error) {
      if (error instanceof HummingbatchError && error.code === 'no-worker') return undefined;
      throw error;
    }
  }

  /** Waits until a condition holds. The time-out of the test ends a wait that never does. */
  async function until(
    isReached: (progress: BatchProgress) => boolean | Promise<boolean>,
  ): Promise<BatchProgress> {
    // Tests poll many batches at the same time, and each query is a task for the one worker: seldom, after a quick start.
    for (let pauseMs = 50; ; pauseMs = Math.min(500, pauseMs * 1.5)) {
      const progress = await readProgress();
      if (progress && (await isReached(progress))) return progress;
      await pause(pauseMs);
    }
  }

  return {
    id,
    handle,
    until,
    ended: async (): Promise<BatchProgress> => {
      // One long poll, in place of a query each second for as long as the batch runs.
      await client.workflow
        .getHandle(handle.workflowId)
        .result()
        .catch(() => undefined);
      return handle.wait();
    },
    /** Waits for a stop, with this code if one is given. */
    async stopped(code?: ErrorCode): Promise<Stop> {
      const { stop } = await until(({ stop }) => stop !== undefined && stop.code === (code ?? stop.code));
      return stop as Stop;
    },
    /** Retries it, as an operator does. */
    retry: () => hummingbatch.batch(id).retry(),
    /** The status of its workflow in Temporal. */
    workflow: async () => (await client.workflow.getHandle(toWorkflowId(id)).describe()).status.name,
    /** The number of attempts and the last error code of the step that is being retried. */
    async lastAttempt(): Promise<{ attempt: number; code: string }> {
      const { raw } = await client.workflow.getHandle(toWorkflowId(id)).describe();
      const [step] = raw.pendingActivities ?? [];
      return {
        attempt: step?.attempt ?? 0,
        code: step?.lastFailure?.applicationFailureInfo?.type ?? '',
      };
    },

    jobs: async (): Promise<JobEntry[]> => (await emulator.ledger()).jobs.filter(isOwn),
    uploads: async (): Promise<UploadEntry[]> => (await emulator.ledger()).uploads.filter(isOwn),

    async records(): Promise<OutputRecord[]> {
      const records: OutputRecord[] = [];
      for await (const record of handle.records()) records.push(record);
      return records;
    },
    /** The number of image files. */
    images: async () => (await store.list(`${places.folder}/images/`)).length,
    report: () => readJson<Report>(places.report),
    /** The outputs of a later round. */
    selection: async (round: number) =>
      (await readJson<{ outputs: string[] }>(places.round(round).selection)).outputs,
  };
}

export type TestBatch = ReturnType<typeof openTestBatch>;

/** The submission of a job: `r2.1`. */
export function parseSubmission({ displayName = '' }: JobEntry): string {
  return displayName.split('/').at(-1) ?? '';
}

/** Jobs that were never ended: they continue and are billed. */
export function listRunning(jobs: readonly JobEntry[]): JobEntry[] {
  return jobs.filter(({ state, deleted }) => !deleted && ['PENDING', 'RUNNING'].includes(state));
}
