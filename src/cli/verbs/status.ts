import { requireStored } from '../batch-of-call.ts';
import type { Verb } from '../call.ts';
import { nextCommand } from '../commands.ts';
import { EXIT } from '../exit-codes.ts';
import { queryOrReadStore } from '../query-or-read-store.ts';
import { describeBatch, statusJson } from '../render/summary.ts';
import { openBatchStore } from '../store.ts';

export const verb: Verb = async (call) => {
  const [batchId = ''] = call.args;
  const { config, store } = await openBatchStore(call);
  const stored = await requireStored(store, batchId);
  const progress = await queryOrReadStore(call, config, store, {
    temporal: (hummingbatch) => hummingbatch.batch(batchId).status(),
    store: async () => stored,
  });
  const next = nextCommand(progress, call.flags);
  call.output.print(describeBatch(progress, call));
  if (next) call.output.print(`Next: ${next}`);
  call.output.printJson(statusJson(progress, store, call));
  return EXIT.done;
};
