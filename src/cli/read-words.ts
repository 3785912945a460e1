import { HummingbatchError } from '../contract/index.ts';
import { suggestName } from '../manifest/suggest.ts';

/** `failed,missing` as words of a closed set. @throws `usage` with a suggestion */
export function readWords<Word extends string>(
  name: string,
  text: string | undefined,
  known: readonly Word[],
): Word[] {
  const words = (text ?? '').split(',').map((word) => word.trim());
  return words.filter(Boolean).map((word) => {
    const found = known.find((candidate) => candidate === word);
    if (found) return found;
    throw new HummingbatchError('usage', `"${word}" is not a valid ${name}.`, {
      fix: suggestName(word, known) ?? `Use ${known.join(', ')}.`,
    });
  });
}
