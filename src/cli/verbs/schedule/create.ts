import type { CreatedSchedule, ScheduleTimes } from '../../../client/index.ts';
import { HummingbatchError, OVERLAPS } from '../../../contract/index.ts';
import type { Call, Verb } from '../../call.ts';
import { formatCommand } from '../../commands.ts';
import { readTemporal } from '../../config/temporal.ts';
import { confirmCost } from '../../confirm-cost.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Flags } from '../../flags.ts';
import { readyManifest } from '../../manifest.ts';
import { readWords } from '../../read-words.ts';
import { formatMoment, noSchedules, scheduleJson, withSchedules } from '../../schedules.ts';
import { existingStore, openCallStore, readConfig } from '../../store.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const times = readTimes(flags);
  const config = await readConfig(call);
  const there = await existingStore(call, config);
  const ready = await readyManifest(call, there);
  if (!there && !readTemporal(config.env)) throw noSchedules();
  const store = there ?? (await openCallStore(call, config));
  await withSchedules(call, config, store, async (schedules, isConfigured) => {
    output.say('Each firing:');
    await confirmCost(call, ready, (price) => `Pay ${price} at each firing?`);
    const { manifest, references } = ready;
    const { name } = flags;
    const created = await schedules.createNormalised({
      manifest,
      references,
      ...times,
      ...(name && { name }),
    });
    output.print(created.name);
    reportCreated(call, created, isConfigured);
    output.printJson(scheduleJson(created));
  });
  return EXIT.done;
};

/** @throws `usage` */
function readTimes({ cron, timezone, overlap }: Flags): ScheduleTimes {
  if (!cron)
    throw new HummingbatchError('usage', 'The schedule has no times.', {
      fix: 'Name the times with --cron, such as --cron "0 6 * * *".',
    });
  const [what] = readWords('overlap', overlap, OVERLAPS);
  return { cron, ...(timezone && { timezone }), ...(what && { overlap: what }) };
}

function reportCreated(
  call: Call,
  { name, attached, next, paused }: CreatedSchedule,
  isConfigured: boolean,
): void {
  const { output, flags } = call;
  const when = paused
    ? 'It is paused.'
    : next
      ? `It fires next at ${formatMoment(next)}.`
      : 'All its times are past: it never fires.';
  output.say(`${attached ? 'It existed already.' : 'Created.'} ${when}`);
  if (!isConfigured) output.say(`It fires only while \`${formatCommand('up', '', flags)}\` runs.`);
  output.say(`To fire it now: ${formatCommand('schedule trigger', name, flags)}`);
}
