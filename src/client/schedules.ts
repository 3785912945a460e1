import { ScheduleNotFoundError } from '@temporalio/client';
import { HummingbatchError, toScheduleId } from '../contract/index.ts';
import { findNearest } from '../manifest/suggest.ts';
import { createSchedule } from './create-schedule.ts';
import { toClientError } from './errors.ts';
import { listSchedules, type ScheduleStatus, type SeenSchedule, toStatus } from './list-schedules.ts';
import type {
  CreatedSchedule,
  NormalisedScheduleRequest,
  ScheduleRequest,
  Triggered,
} from './schedule-types.ts';
import { normalised, type StartContext } from './start.ts';
import { ANSWER_WITHIN_MS } from './temporal.ts';
import { awaitFiring } from './trigger-schedule.ts';

/**
 * The schedules of the store. Each firing makes a batch of its own, `<name>-<time in UTC>`. Temporal keeps them, so they fire
 * while a Temporal server and a worker run. A firing is made up within 10 min; after that it counts as `missed`.
 *
 * Every error is a `HummingbatchError`. Each method can throw `no-temporal`; methods that take a name throw `not-found` where this
 * store has no such schedule.
 */
export interface Schedules {
  /**
   * Creates a schedule, or attaches to an equal one. Manifest and references are copied into the store first, so a firing needs
   * nothing of this machine. Each batch fetches references by https itself.
   *
   * @throws `manifest-invalid`, `usage` for an invalid cron, time zone or name, `batch-conflict` where the name is taken by
   *   other content, other times or another store: a schedule is replaced by deleting it first; and the store's errors
   */
  create(request: ScheduleRequest): Promise<CreatedSchedule>;
  /** The same for a normalised manifest, such as a batch's `manifest.json`. */
  createNormalised(request: NormalisedScheduleRequest): Promise<CreatedSchedule>;
  /** The schedules of this store, by name, without others on the same Temporal. */
  list(): Promise<ScheduleStatus[]>;
  /** Stops its firings until {@link resume}; running batches continue. Idempotent. */
  pause(name: string): Promise<void>;
  /** Resumes its firings. Those of the pause are not made up, and not counted as missed. */
  resume(name: string): Promise<void>;
  /**
   * Fires now, regardless of its times, its overlap or a pause. Two triggers within one second are one firing: its batch's id has
   * the second.
   */
  trigger(name: string): Promise<Triggered>;
  /** Deletes it. Running batches continue, and the store keeps its files. */
  delete(name: string): Promise<void>;
}

export function createSchedules(context: StartContext): Schedules {
  const { client, store } = context;

  /** Every call has a deadline and fails with a code. */
  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, work);
    } catch (error) {
      throw toClientError(error, 'asked for');
    }
  }

  /** A schedule of this store. @throws `not-found` */
  async function find(name: string) {
    const handle = client.schedule.getHandle(toScheduleId(name));
    const seen = await call(() => handle.describe().catch(unlessGone));
    if (seen?.memo?.['store'] !== store.id) throw await unknown(name);
    return { handle, seen: seen as SeenSchedule };
  }

  async function unknown(name: string): Promise<HummingbatchError> {
    const near = findNearest(
      name,
      (await list()).map((schedule) => schedule.name),
    );
    const message = `There is no schedule ${name} of the store ${store.location}.`;
    return new HummingbatchError('not-found', message, {
      ...(near && { fix: `Did you mean ${near}?` }),
      actions: [{ action: 'list-schedules' }],
    });
  }

  async function createNormalised(request: NormalisedScheduleRequest): Promise<CreatedSchedule> {
    const { name, attached } = await call(() => createSchedule(context, request));
    return { ...toStatus((await find(name)).seen), attached };
  }

  const list = () => call(() => listSchedules(client, store));

  return {
    create: async (request) =>
      createNormalised(
        await normalised<ScheduleRequest>(store, request).catch((error) => {
          throw toClientError(error, 'asked for');
        }),
      ),
    createNormalised,
    list,
    async pause(name) {
      const { handle } = await find(name);
      await call(() => handle.pause('Paused by hummingbatch.'));
    },
    async resume(name) {
      const { handle } = await find(name);
      await call(() => handle.unpause('Resumed by hummingbatch.'));
    },
    async trigger(name) {
      const { handle, seen } = await find(name);
      await call(() => handle.trigger());
      return call(() => awaitFiring(store, handle, seen));
    },
    async delete(name) {
      const { handle } = await find(name);
      await call(() => handle.delete());
    },
  };
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
