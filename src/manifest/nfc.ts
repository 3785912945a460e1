/** The most UTF-16 units that one character decomposes into: four code points of two units each. */
const UNITS_OF_A_CHARACTER = 8;

/**
 * NFC of a text of at most `maxCharacters`. A longer text is returned unchanged: it is refused for its length anyway,
 * and sorting a megabyte of combining marks would take hours.
 */
export function normaliseShort(text: string, maxCharacters: number): string {
  return text.length > maxCharacters * UNITS_OF_A_CHARACTER ? text : text.normalize('NFC');
}
