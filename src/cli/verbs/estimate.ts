import { tradeJson } from '../../batch/trade.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { readyManifest } from '../manifest.ts';
import { configOf, existingStore } from '../store.ts';
import { describeTrade, tradeOfManifest } from '../trade.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const ready = await readyManifest(call, await existingStore(call, await configOf(call)));
  const trade = await tradeOfManifest(ready, flags.within);
  output.print(describeTrade(trade));
  output.printJson(tradeJson(trade, trade.uploadBytes));
  return EXIT.done;
};
