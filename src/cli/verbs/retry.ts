import { FLAGS, HummingbatchError, OUTCOMES } from '../../contract/index.ts';
import { suggestion } from '../../manifest/suggest.ts';
import type { Verb } from '../call.ts';
import { steer } from '../steer.ts';

export const verb: Verb = (call) => {
  const [, ...keys] = call.args;
  const choice = {
    keys,
    outcomes: wordsOf('outcome', call.flags.outcome, OUTCOMES),
    flags: wordsOf('flag', call.flags.flag, FLAGS),
  };
  return steer(call, async ({ hummingbatch }, batchId) => {
    await hummingbatch.batch(batchId).retry(choice);
    return `The batch ${batchId} goes on.`;
  });
};

/** `failed,missing` as words of a closed set. */
function wordsOf<Word extends string>(
  name: string,
  text: string | undefined,
  known: readonly Word[],
): Word[] {
  const words = (text ?? '').split(',').filter(Boolean);
  return words.map((word) => {
    const found = known.find((candidate) => candidate === word.trim());
    if (found) return found;
    throw new HummingbatchError('usage', `There is no ${name} "${word}".`, {
      fix: suggestion(word, known) ?? `There are ${known.join(', ')}.`,
    });
  });
}
