import { roundUsd } from '../../batch/money.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { readyManifest } from '../manifest.ts';
import { configOf, existingStore } from '../store.ts';
import { type CallTrade, describeTrade, tradeOfManifest } from '../trade.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const ready = await readyManifest(call, await existingStore(call, await configOf(call)));
  const trade = await tradeOfManifest(ready, flags.within);
  output.print(describeTrade(trade));
  output.printJson(tradeJson(trade));
  return EXIT.done;
};

/** Prices are null where the model's are not known. */
function tradeJson({ outputs, price, uploadBytes, usualWaitMs, longestWaitMs, advice }: CallTrade) {
  return {
    outputs,
    batchUsd: price ? roundUsd(price.batchUsd) : null,
    interactiveUsd: price ? roundUsd(price.interactiveUsd) : null,
    savingUsd: price ? roundUsd(price.savingUsd) : null,
    uploadBytes,
    usualWaitMs,
    longestWaitMs,
    advice,
  };
}
