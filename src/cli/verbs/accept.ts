import type { Verb } from '../call.ts';
import { sendUpdate } from '../steer.ts';

export const verb: Verb = (call) =>
  sendUpdate(call, async (batch) => {
    await batch.accept();
    return `The batch ${batch.id} ends with the images that it has.`;
  });
