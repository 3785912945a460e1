import type { ScheduleStatus } from '../../client/index.ts';
import { SCHEDULES } from '../../contract/places.ts';
import { formatCommand } from '../commands.ts';
import { known } from '../render/output.ts';
import { existingStore } from '../store.ts';
import type { Check } from './check.ts';

/** Whether schedules skipped or missed firings. Temporal counts them from a schedule's creation on and never resets them. */
export const checkSchedules: Check = async (call, config) => {
  const name = 'schedules';
  try {
    const store = await existingStore(call, config);
    if (!store || (await store.folders(SCHEDULES)).length === 0)
      return { name, level: 'ok', message: 'There are none.' };
    const { withSchedules } = await import('../schedules.ts');
    const schedules = await withSchedules(call, config, store, (them) => them.list());
    const affected = schedules.filter(({ skipped, missed }) => skipped > 0 || missed > 0);
    if (affected.length === 0) return { name, level: 'ok', message: describeAll(schedules) };
    return {
      name,
      level: 'hint',
      message: affected.map(describe).join(' '),
      fix: listFixes(affected, (verb) => formatCommand(verb, 'NAME', call.flags)).join(' '),
    };
  } catch (error) {
    const { message, fix } = known(error);
    return { name, level: 'hint', message: `They cannot be read: ${message}`, fix };
  }
};

function describeAll(schedules: readonly ScheduleStatus[]): string {
  return schedules.length === 0
    ? 'There are none.'
    : `No firing was skipped or missed: ${schedules.map(({ name }) => name).join(', ')}.`;
}

function describe({ name, skipped, missed, createdAt }: ScheduleStatus): string {
  const what = [
    ...(skipped > 0 ? [`skipped ${formatFirings(skipped)} while the batch of the firing before ran`] : []),
    ...(missed > 0 ? [`missed ${formatFirings(missed)} while no Temporal server ran`] : []),
  ];
  return `${name} has ${what.join(', and ')} (since ${createdAt.slice(0, 10)}).`;
}

function formatFirings(count: number): string {
  return count === 1 ? '1 firing' : `${count} firings`;
}

function listFixes(affected: readonly ScheduleStatus[], command: (verb: string) => string): string[] {
  return [
    `To make one up: ${command('schedule trigger')}.`,
    ...(affected.some(({ skipped }) => skipped > 0)
      ? ['To avoid skips: create it again with other times, or with --overlap allow.']
      : []),
    ...(affected.some(({ missed }) => missed > 0)
      ? ['To avoid misses: keep Temporal and a worker running.']
      : []),
  ];
}
