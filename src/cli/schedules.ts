import type { ScheduleStatus, Schedules } from '../client/index.ts';
import { HummingbatchError } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import type { Call, Verb } from './call.ts';
import type { Config } from './config/config.ts';
import { EXIT } from './exit-codes.ts';
import { openClient } from './session.ts';
import { existingStore, readConfig } from './store.ts';

/** Does something with the schedules of a store, on the Temporal server that runs. @throws `no-temporal` */
export async function withSchedules<T>(
  call: Call,
  config: Config,
  store: Store,
  work: (schedules: Schedules, isConfigured: boolean) => Promise<T>,
): Promise<T> {
  const temporal = await openClient(call, config, store);
  if (!temporal) throw noSchedules();
  try {
    return await work(temporal.hummingbatch.schedules, temporal.configured);
  } finally {
    await temporal.client.connection.close();
  }
}

/** Does something with the schedule that a call names. @throws `not-found`, `no-temporal` */
export async function withSchedule<T>(
  call: Call,
  work: (schedules: Schedules, name: string) => Promise<T>,
): Promise<T> {
  const [name = ''] = call.args;
  const config = await readConfig(call);
  const store = await existingStore(call, config);
  if (store) return withSchedules(call, config, store, (schedules) => work(schedules, name));
  throw new HummingbatchError('not-found', `There is no schedule ${name}: there is no store here.`, {
    fix: 'Call it where the schedule was created, or name the store with --store.',
  });
}

/** A verb that changes a schedule and has no result to print. */
export function changeSchedule(
  act: (schedules: Schedules, name: string) => Promise<void>,
  says: (name: string) => string,
): Verb {
  return (call) =>
    withSchedule(call, async (schedules, name) => {
      await act(schedules, name);
      call.output.say(says(name));
      call.output.printJson({ name });
      return EXIT.done;
    });
}

/** Temporal keeps schedules: without a server nothing would fire. */
export function noSchedules(): HummingbatchError {
  return new HummingbatchError('no-temporal', 'No Temporal server runs to keep a schedule.', {
    fix: 'Name yours in TEMPORAL_ADDRESS, or use one that is started for this store and also makes the batches.',
    actions: [{ action: 'start-local' }],
  });
}

/** A schedule in `--json`; absent values are null. */
export function scheduleJson({ next, last, ...status }: ScheduleStatus) {
  return { ...status, next: next ?? null, last: last ?? null };
}

/** A time in the reader's time zone. */
export function formatMoment(iso: string): string {
  return new Date(iso).toLocaleString();
}
