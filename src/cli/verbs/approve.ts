import type { Verb } from '../call.ts';
import { steer } from '../steer.ts';

export const verb: Verb = (call) => {
  const approved = !call.flags.no;
  return steer(call, async (hummingbatch, batchId) => {
    await hummingbatch.batch(batchId).approve(approved);
    return `The batch ${batchId} is ${approved ? 'approved' : 'refused'}.`;
  });
};
