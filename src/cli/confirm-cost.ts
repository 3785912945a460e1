import { HummingbatchError } from '../contract/index.ts';
import type { Call } from './call.ts';
import { confirm } from './confirm.ts';
import type { ReadyManifest } from './manifest.ts';
import { compareManifestCosts, describeCosts, describePrice } from './render/cost-comparison.ts';

/** Above this a person must confirm, USD: twice the price of a first try with a few images. */
const ASK_ABOVE_USD = 5;

/**
 * Shows the cost comparison; asks above the limit where a terminal can answer.
 *
 * @throws `approval-refused`
 */
export async function confirmCost(
  call: Call,
  ready: ReadyManifest,
  question: (price: string) => string,
): Promise<void> {
  const { output, flags } = call;
  const costs = await compareManifestCosts(ready, flags.within);
  output.say(describeCosts(costs));
  const isDear = !costs.price || costs.price.batchUsd > ASK_ABOVE_USD;
  if (flags.emulator || flags.yes || !isDear) return;
  if ((await confirm(call, question(describePrice(costs)))) !== false) return;
  throw new HummingbatchError('approval-refused', 'Nothing was started.', {
    fix: 'Run the command again with --yes.',
  });
}
