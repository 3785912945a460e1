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
 * The schedules of the store: each firing makes a batch of its own, `<name>-<time in UTC>`. They live in Temporal, so they fire
 * while a Temporal server and a worker run. What was missed is made up for 10 min long, and beyond that counted as `missed`.
 *
 * Every error is a `HummingbatchError`. Each method can throw `no-temporal`; those that name a schedule throw `not-found` where this
 * store has none of that name.
 */
export interface Schedules {
  /**
   * Creates a schedule, or attaches to the one that is there and the same. Manifest and references are copied into the store first:
   * a firing needs nothing of this machine. References by https are fetched anew by each batch.
   *
   * @throws `manifest-invalid`, `usage` for a cron, a time zone or a name that is none, `batch-conflict` where the name is taken by
   *   other content, other times or another store: a schedule is replaced by deleting it first; and the store's errors
   */
  create(request: ScheduleRequest): Promise<CreatedSchedule>;
  /** The same for a manifest that is normalised already, as `manifest.json` of a batch is. */
  createNormalised(request: NormalisedScheduleRequest): Promise<CreatedSchedule>;
  /** Those of this store, by name. Others on the same Temporal are left out. */
  list(): Promise<ScheduleStatus[]>;
  /** Lets it fire no more until {@link resume}; batches on their way go on. Paused already: nothing. */
  pause(name: string): Promise<void>;
  /** Lets it fire again. What fell into the pause is not made up for, and not counted. */
  resume(name: string): Promise<void>;
  /**
   * Fires now, whatever its times, its overlap or a pause say. Two triggers within one second are one firing: its batch is named for
   * the second.
   */
  trigger(name: string): Promise<Triggered>;
  /** Ends it. Batches on their way go on, and what lies in the store stays. */
  delete(name: string): Promise<void>;
}

export function createSchedules(context: StartContext): Schedules {
  const { client, store } = context;

  /** Every call has a deadline, and its failure a code. */
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
