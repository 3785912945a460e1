import { HummingbatchError } from '../contract/index.ts';
import type { Call } from './call.ts';
import type { ReadyManifest } from './manifest.ts';
import { describePrice, describeTrade, tradeOfManifest } from './trade.ts';

/** Above this a person is asked, USD: twice what a first look at a few images costs. */
const ASK_ABOVE_USD = 5;

/**
 * Shows the trade; asks where it is dear and somebody is there to answer.
 *
 * @throws `approval-refused`
 */
export async function weigh(
  { output, flags, ask }: Call,
  ready: ReadyManifest,
  question: (price: string) => string,
): Promise<void> {
  const trade = await tradeOfManifest(ready, flags.within);
  output.say(describeTrade(trade));
  const isDear = !trade.price || trade.price.batchUsd > ASK_ABOVE_USD;
  if (flags.emulator || flags.yes || !ask || !isDear) return;
  const answer = await ask(`${question(describePrice(trade))} [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new HummingbatchError('approval-refused', 'Nothing was started.', {
    fix: 'Call it again with --yes to go on without being asked.',
  });
}
