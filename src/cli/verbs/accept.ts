import type { Verb } from '../call.ts';
import { steer } from '../steer.ts';

export const verb: Verb = (call) =>
  steer(call, async (hummingbatch, batchId) => {
    await hummingbatch.batch(batchId).accept();
    return `The batch ${batchId} ends with what is there.`;
  });
