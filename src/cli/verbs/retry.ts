import { FLAGS, HummingbatchError, OUTCOMES } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { CHOICE } from '../flags.ts';
import { readWords } from '../read-words.ts';
import { retryMatching } from '../retry-matching.ts';
import { steer } from '../steer.ts';

export const verb: Verb = (call) => {
  const [id, ...keys] = call.args;
  const outcomes = readWords('outcome', call.flags.outcome, OUTCOMES);
  const flags = readWords('flag', call.flags.flag, FLAGS);
  const choice = {
    ...(keys.length > 0 && { keys }),
    ...(outcomes.length > 0 && { outcomes }),
    ...(flags.length > 0 && { flags }),
  };
  if (id === undefined) return retryMatching(call, choice);
  const many = CHOICE.find((flag) => call.flags[flag] !== undefined);
  if (many) {
    const fix = 'Leave the id out to retry all such batches.';
    throw new HummingbatchError('usage', `--${many} filters batches, and ${id} names one.`, { fix });
  }
  return steer(call, async ({ hummingbatch }, batchId) => {
    await hummingbatch.batch(batchId).retry(choice);
    return `The batch ${batchId} continues.`;
  });
};
