/** UTF-16 units that a character has at most once it is parted: four code points, two units each. */
const UNITS_OF_A_CHARACTER = 8;

/**
 * NFC of a text of at most so many characters. What is longer stays as it is: it is refused for its length, and the
 * marks of a megabyte of them would be put in order for hours.
 */
export function shortNfc(text: string, maxCharacters: number): string {
  return text.length > maxCharacters * UNITS_OF_A_CHARACTER ? text : text.normalize('NFC');
}
