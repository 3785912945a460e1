import type { CreatedSchedule, ScheduleTimes } from '../../../client/index.ts';
import { HummingbatchError, OVERLAPS } from '../../../contract/index.ts';
import type { Call, Verb } from '../../call.ts';
import { commandOf } from '../../commands.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Flags } from '../../flags.ts';
import { readyManifest } from '../../manifest.ts';
import { momentOf, nobodyFires, scheduleJson, withSchedules } from '../../schedules.ts';
import { configOf, existingStore, openCallStore } from '../../store.ts';

import { configuredTemporal } from '../../temporal-config.ts';
import { weigh } from '../../weigh.ts';
import { wordsOf } from '../../words-of.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const times = timesOf(flags);
  const config = await configOf(call);
  const there = await existingStore(call, config);
  const ready = await readyManifest(call, there);
  if (!there && !configuredTemporal(config.env)) throw nobodyFires();
  const store = there ?? (await openCallStore(call, config));
  await withSchedules(call, config, store, async (schedules, isConfigured) => {
    output.say('Each firing:');
    await weigh(call, ready, (price) => `Go on and pay ${price} at each firing?`);
    const { manifest, references } = ready;
    const { name } = flags;
    const created = await schedules.createNormalised({
      manifest,
      references,
      ...times,
      ...(name && { name }),
    });
    output.print(created.name);
    tell(call, created, isConfigured);
    output.printJson(scheduleJson(created));
  });
  return EXIT.done;
};

/** @throws `usage` */
function timesOf({ cron, timezone, overlap }: Flags): ScheduleTimes {
  if (!cron)
    throw new HummingbatchError('usage', 'It is not said when the schedule fires.', {
      fix: 'Name the times with --cron, such as --cron "0 6 * * *".',
    });
  const [what] = wordsOf('overlap', overlap, OVERLAPS);
  return { cron, ...(timezone && { timezone }), ...(what && { overlap: what }) };
}

function tell(call: Call, { name, attached, next, paused }: CreatedSchedule, isConfigured: boolean): void {
  const { output, flags } = call;
  const when = paused
    ? 'It is paused.'
    : next
      ? `It fires next at ${momentOf(next)}.`
      : 'Its times are over: it never fires.';
  output.say(`${attached ? 'It was there already.' : 'Created.'} ${when}`);
  if (!isConfigured) output.say(`It fires only while \`${commandOf('up', '', flags)}\` runs.`);
  output.say(`To let it fire now: ${commandOf('schedule trigger', name, flags)}`);
}
