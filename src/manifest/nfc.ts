/** The most code points that one character decomposes into, each of at most two UTF-16 units. */
const CODE_POINTS_OF_A_CHARACTER = 4;

/**
 * NFC of a text of at most `maxCharacters`. A longer text is returned unchanged: it is refused for its length anyway,
 * and the time to sort combining marks grows with their square: a megabyte of them would take hours.
 */
export function normaliseShort(text: string, maxCharacters: number): string {
  const max = maxCharacters * CODE_POINTS_OF_A_CHARACTER;
  return text.length > 2 * max || [...text].length > max ? text : text.normalize('NFC');
}
