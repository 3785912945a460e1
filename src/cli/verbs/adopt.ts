import { HummingbatchError } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { steer } from '../steer.ts';

export const verb: Verb = async (call) => {
  const { job, none = false } = call.flags;
  if ((job !== undefined) === none) {
    throw new HummingbatchError('usage', 'One of --job and --none says how the submission is settled.', {
      fix: '`--job batches/…` takes that job, `--none` makes another.',
    });
  }
  return steer(call, async (hummingbatch, batchId) => {
    await hummingbatch.batch(batchId).adopt(job ?? 'none');
    return job ? `The batch ${batchId} takes ${job}.` : `The batch ${batchId} makes its job again.`;
  });
};
