import type { Verb } from '../call.ts';
import { sendUpdate } from '../steer.ts';

export const verb: Verb = (call) =>
  sendUpdate(call, async (batch) => {
    await batch.checkNow();
    return `The batch ${batch.id} checks its job now.`;
  });
