import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { sendUpdate } from '../steer.ts';

export const verb: Verb = async (call) => {
  const exit = await sendUpdate(call, async (batch) => {
    await batch.cancel();
    return `Cancelling the batch ${batch.id}; what its job has finished is kept.`;
  });
  // The caller wanted it, so it is not a failure.
  return exit === EXIT.cancelled ? EXIT.done : exit;
};
