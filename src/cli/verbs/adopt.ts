import { HummingbatchError } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { sendUpdate } from '../steer.ts';

export const verb: Verb = async (call) => {
  const { job, none = false } = call.flags;
  if ((job !== undefined) === none) {
    throw new HummingbatchError('usage', 'Exactly one of --job and --none is required.', {
      fix: '`--job batches/…` takes that job, `--none` makes another.',
    });
  }
  return sendUpdate(call, async (batch) => {
    await batch.adopt(job ?? 'none');
    return job ? `The batch ${batch.id} takes ${job}.` : `The batch ${batch.id} submits its job again.`;
  });
};
