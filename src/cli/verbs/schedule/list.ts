import Table from 'cli-table3';
import type { ScheduleStatus } from '../../../client/index.ts';
import type { Verb } from '../../call.ts';
import { EXIT } from '../../exit-codes.ts';
import { momentOf, scheduleJson, withSchedules } from '../../schedules.ts';
import { configOf, existingStore } from '../../store.ts';

export const verb: Verb = async (call) => {
  const { output } = call;
  const config = await configOf(call);
  const store = await existingStore(call, config);
  const list = store ? await withSchedules(call, config, store, (schedules) => schedules.list()) : [];
  if (list.length > 0) output.print(tableOf(list));
  else output.say('There are no schedules.');
  output.printJson({ schedules: list.map(scheduleJson) });
  return EXIT.done;
};

function tableOf(schedules: readonly ScheduleStatus[]): string {
  const table = new Table({
    head: ['schedule', 'cron', 'zone', 'next firing', 'last batch', 'fired', 'skipped', 'missed'],
    style: { head: [], border: [] },
  });
  table.push(...schedules.map(rowOf));
  return table.toString();
}

function rowOf({
  name,
  cron,
  timezone,
  paused,
  next,
  last,
  fired,
  skipped,
  missed,
}: ScheduleStatus): string[] {
  const coming = next ? momentOf(next) : 'never';
  return [
    name,
    cron,
    timezone,
    paused ? 'paused' : coming,
    last?.batchId ?? '',
    ...[fired, skipped, missed].map(String),
  ];
}
