import Table from 'cli-table3';
import type { ScheduleStatus } from '../../../client/index.ts';
import type { Verb } from '../../call.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatMoment, scheduleJson, withSchedules } from '../../schedules.ts';
import { existingStore, readConfig } from '../../store.ts';

export const verb: Verb = async (call) => {
  const { output } = call;
  const config = await readConfig(call);
  const store = await existingStore(call, config);
  const list = store ? await withSchedules(call, config, store, (schedules) => schedules.list()) : [];
  if (list.length > 0) output.print(renderTable(list));
  else output.say('There are no schedules.');
  output.printJson({ schedules: list.map(scheduleJson) });
  return EXIT.done;
};

function renderTable(schedules: readonly ScheduleStatus[]): string {
  const table = new Table({
    head: ['schedule', 'cron', 'zone', 'next firing', 'last batch', 'fired', 'skipped', 'missed'],
    style: { head: [], border: [] },
  });
  table.push(...schedules.map(toRow));
  return table.toString();
}

function toRow({
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
  const coming = next ? formatMoment(next) : 'never';
  return [
    name,
    cron,
    timezone,
    paused ? 'paused' : coming,
    last?.batchId ?? '',
    ...[fired, skipped, missed].map(String),
  ];
}
