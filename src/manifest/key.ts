import { normaliseShort } from './nfc.ts';

/**
 * The rule for keys, which become file names and arguments of commands: 1 to 100 letters or digits of any script, `-`,
 * `_` and `.` (not first). The marks that a script needs for its letters (`\p{M}`: Thai vowels, Indic signs) count as
 * letters.
 *
 * Invisible characters are refused: direction marks, joiners, variation selectors, soft hyphens. With them, two
 * different keys look the same, a name can hide its extension (`\u202Egnp.exe`), and nobody can type the key for
 * `retry`. The cost is that Persian and some Indic words lose a joiner in keys; prompts and metadata may have it.
 */

/** The part of the rule that JSON Schema can express; {@link findKeyMistake} checks all of it. */
export const KEY_PATTERN = '^[\\p{L}\\p{Nd}_-][\\p{L}\\p{M}\\p{Nd}._-]*$';
export const MAX_KEY_CHARACTERS = 100;

const FORBIDDEN = /[^\p{L}\p{M}\p{Nd}._-]|\p{Default_Ignorable_Code_Point}/u;
const WELL_FORMED = new RegExp(KEY_PATTERN, 'u');
/** Windows opens the device whatever the extension: `con.png` is the console. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

export interface KeyMistake {
  message: string;
  fix: string;
}

/** What is wrong with a key; undefined for a valid one. */
export function findKeyMistake(key: string): KeyMistake | undefined {
  const text = normaliseShort(key, MAX_KEY_CHARACTERS);
  const characters = countCharacters(text);
  if (characters === 0) return { message: 'The key is empty.', fix: 'Give the item a unique name.' };
  if (characters > MAX_KEY_CHARACTERS) {
    return { message: `The key has ${characters} characters.`, fix: `Use at most ${MAX_KEY_CHARACTERS}.` };
  }
  const [forbidden] = FORBIDDEN.exec(text) ?? [];
  if (forbidden !== undefined) {
    return {
      message: `A key cannot contain ${describeCharacter(forbidden)}.`,
      fix: `Use only letters, digits, "-", "_" and ".", such as "${toSafeKey(text)}".`,
    };
  }
  if (!WELL_FORMED.test(text)) {
    return { message: `A key cannot begin with "${[...text][0]}".`, fix: `Write "${toSafeKey(text)}".` };
  }
  if (DEVICE.test(text)) {
    return { message: `"${key}" is a device name on Windows.`, fix: `Write "${toSafeKey(text)}".` };
  }
  return undefined;
}

/** Two keys that some file system treats as equal fold to the same text. Upper case comes first, so ß equals ss and ς equals σ. */
export function foldKey(key: string): string {
  const short = normaliseShort(key, MAX_KEY_CHARACTERS);
  return normaliseShort(short.toUpperCase().toLowerCase(), MAX_KEY_CHARACTERS);
}

/** Turns any text, such as a file name, into a valid key. */
export function toSafeKey(text: string): string {
  const joined = text
    .normalize('NFC')
    .replaceAll(new RegExp(FORBIDDEN, 'gu'), '-')
    .replaceAll(/-{2,}/g, '-')
    .replace(/^[\p{M}.-]+/u, '')
    .replace(/[.-]+$/, '');
  const short = [...joined].slice(0, MAX_KEY_CHARACTERS - '_'.length).join('');
  if (short === '') return 'item';
  return DEVICE.test(short) ? short.replace(/^[^.]*/, '$&_') : short;
}

/** Counts characters. A text too long for any key counts UTF-16 units, to avoid an array of millions of characters. */
function countCharacters(text: string): number {
  return text.length > 2 * MAX_KEY_CHARACTERS ? text.length : [...text].length;
}

function describeCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const isVisible =
    /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) && !/\p{Default_Ignorable_Code_Point}/u.test(character);
  if (character === ' ') return 'a space';
  return isVisible ? `"${character}"` : `the character U+${code}`;
}
