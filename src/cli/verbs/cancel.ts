import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { steer } from '../steer.ts';

export const verb: Verb = async (call) => {
  const exit = await steer(call, async (hummingbatch, batchId) => {
    await hummingbatch.batch(batchId).cancel();
    return `Cancelling the batch ${batchId}; what its job has finished is kept.`;
  });
  // It was asked for.
  return exit === EXIT.cancelled ? EXIT.done : exit;
};
