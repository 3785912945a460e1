import { requireStored, takeUp } from '../batch-of-call.ts';
import type { Verb } from '../call.ts';
import { followEachChange } from '../follow.ts';
import { openSession } from '../session.ts';
import { openBatchStore } from '../store.ts';

export const verb: Verb = async (call) => {
  const [batchId = ''] = call.args;
  const { config, store } = await openBatchStore(call);
  await requireStored(store, batchId);
  const session = await openSession(call, config, store);
  try {
    await takeUp(session, batchId);
    return await followEachChange(call, session, batchId);
  } finally {
    await session.close();
  }
};
