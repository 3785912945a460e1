import type { Verb } from '../call.ts';
import { followToEnd } from '../follow.ts';
import { openSession } from '../session.ts';
import { storeOfBatch } from '../store.ts';

export const verb: Verb = async (call) => {
  const [batchId = ''] = call.args;
  const { config, store } = await storeOfBatch(call);
  const session = await openSession(call, config, store);
  try {
    return await followToEnd(call, session, batchId);
  } finally {
    await session.close();
  }
};
