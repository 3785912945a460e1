import { costComparisonJson } from '../../batch/cost-comparison.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { readyManifest } from '../manifest.ts';
import { compareManifestCosts, describeCosts } from '../render/cost-comparison.ts';
import { existingStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const ready = await readyManifest(call, await existingStore(call, await readConfig(call)));
  const costs = await compareManifestCosts(ready, flags.within);
  output.print(describeCosts(costs));
  output.printJson(costComparisonJson(costs, costs.uploadBytes));
  return EXIT.done;
};
