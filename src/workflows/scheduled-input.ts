import { isScheduleName, type ScheduledBatchInput } from '../contract/index.ts';
import { failure } from './failure.ts';
import { readFields } from './fields.ts';
import { readManifestPlace } from './input.ts';
import { readOptions } from './options.ts';

/**
 * The input of a firing, as it may come from any language or by hand.
 *
 * @throws `usage`, which ends the firing before it has put anything anywhere
 */
export function readScheduled(sent: ScheduledBatchInput): ScheduledBatchInput {
  const { schedule, manifest, options } = readFields('The input', sent, ['schedule', 'manifest', 'options']);
  if (typeof schedule !== 'string' || !isScheduleName(schedule))
    throw failure(
      'usage',
      `${JSON.stringify(schedule)?.slice(0, 200) ?? 'missing'} is no name of a schedule.`,
    );
  if (manifest === undefined) throw failure('usage', `The schedule ${schedule} names no manifest.`);
  if (options !== undefined) readOptions(options);
  return { schedule, manifest: readManifestPlace(manifest), ...(options !== undefined && { options }) };
}
