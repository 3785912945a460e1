import type { Verb } from '../call.ts';
import { tell } from '../steer.ts';

export const verb: Verb = (call) =>
  tell(call, async (batch) => {
    await batch.checkNow();
    return `The batch ${batch.id} asks Google now.`;
  });
