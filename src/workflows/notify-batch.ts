import type { NotifyInput } from '../activities/types.ts';
import { parseOrigin } from '../contract/index.ts';
import { activityRunner } from './activities.ts';

/** Sends one event of a batch to one target. It fails after three days of attempts, without effect on the batch. */
export async function notifyBatch(input: NotifyInput): Promise<void> {
  const { event, target } = input;
  await activityRunner()('notify', `deliver ${event.type} to ${parseOrigin(target.url)}`, input);
}
