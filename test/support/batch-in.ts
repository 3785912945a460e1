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

/** What the names of a batch's jobs and files at Google begin with, for the `match.name` of a fault. */
export function namePrefix(batchId: string): string {
  return `^hb/${batchId}/`;
}

/** One batch of a world: where it stands, what it has at Google, what it left in the store. */
export function batchIn(world: World, id: string) {
  const { client, store, emulator, hummingbatch } = world;
  const handle = hummingbatch.batch(id);
  const places = batchPlaces(id);

  const isOwn = ({ displayName }: { displayName?: string }) => displayName?.startsWith(`hb/${id}/`);
  const readJson = async <T>(key: string): Promise<T> =>
    JSON.parse(Buffer.from((await store.get(key)) ?? []).toString()) as T;

  /** On a busy machine a query may find no worker in time: then there is nothing new. */
  async function look(): Promise<BatchProgress | undefined> {
    try {
      return await handle.status();
    } catch (error) {
      if (error instanceof HummingbatchError && error.code === 'no-worker') return undefined;
      throw error;
    }
  }

  /** Waits until it stands so; whether it ever does is for the test's own time-out to say. */
  async function until(
    isSo: (progress: BatchProgress) => boolean | Promise<boolean>,
  ): Promise<BatchProgress> {
    for (;;) {
      const progress = await look();
      if (progress && (await isSo(progress))) return progress;
      // Many batches are looked at together, and each look is a task for the one worker.
      await pause(200);
    }
  }

  return {
    id,
    handle,
    until,
    ended: () => handle.wait(),
    /** Waits for a stop, with this code where one is named. */
    async stopped(code?: ErrorCode): Promise<Stop> {
      const { stop } = await until(({ stop }) => stop !== undefined && stop.code === (code ?? stop.code));
      return stop as Stop;
    },
    /** Goes on with it as a person does. */
    retry: () => hummingbatch.batch(id).retry(),
    /** How Temporal says that it stands. */
    workflow: async () => (await client.workflow.getHandle(toWorkflowId(id)).describe()).status.name,
    /** What the step that is tried again now has failed with last, and how often it was tried. */
    async trying(): Promise<{ attempt: number; code: string }> {
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
    /** How many image files there are. */
    images: async () => (await store.list(`${places.home}/images/`)).length,
    report: () => readJson<Report>(places.report),
    /** The outputs that a later round was for. */
    selection: async (round: number) =>
      (await readJson<{ outputs: string[] }>(places.round(round).selection)).outputs,
  };
}

export type BatchIn = ReturnType<typeof batchIn>;

/** The submission that a job was: `r2.1`. */
export function parseSubmission({ displayName = '' }: JobEntry): string {
  return displayName.split('/').at(-1) ?? '';
}

/** Jobs that nobody ended: they go on and are billed. */
export function stillRunning(jobs: readonly JobEntry[]): JobEntry[] {
  return jobs.filter(({ state, deleted }) => !deleted && ['PENDING', 'RUNNING'].includes(state));
}
