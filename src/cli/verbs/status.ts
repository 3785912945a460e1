import { availableActions } from '../../contract/index.ts';
import { requireStored } from '../batch-of-call.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { queryOrReadStore } from '../query-or-read-store.ts';
import { describeActions } from '../render/actions.ts';
import { describeBatch, statusJson } from '../render/summary.ts';
import { openBatchStore } from '../store.ts';

export const verb: Verb = async (call) => {
  const [batchId = ''] = call.args;
  const { config, store } = await openBatchStore(call);
  const progress = await queryOrReadStore(call, config, store, {
    temporal: (hummingbatch) => hummingbatch.batch(batchId).status(),
    // A batch that the store has lost may be known to Temporal.
    store: () => requireStored(store, batchId),
  });
  call.output.print(describeBatch(progress, call));
  call.output.print(['Next:', ...describeActions(availableActions(progress), call.flags)].join('\n'));
  call.output.printJson(statusJson(progress, store, call));
  return EXIT.done;
};
