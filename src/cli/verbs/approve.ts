import type { Verb } from '../call.ts';
import { sendUpdate } from '../steer.ts';

export const verb: Verb = (call) => {
  const approved = !call.flags.no;
  return sendUpdate(call, async (batch) => {
    await batch.approve(approved);
    return `The batch ${batch.id} is ${approved ? 'approved' : 'refused'}.`;
  });
};
