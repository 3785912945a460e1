import { shortNfc } from './nfc.ts';

/**
 * The rule for keys, which become file names and stand in commands: 1 to 100 letters or digits of any script, `-`, `_`,
 * `.` (a dot not first). What a script needs to write its letters (`\p{M}`: Thai vowels, Indic signs) counts as letter.
 *
 * What nobody sees is refused: marks that turn the order of letters, joiners, selectors, soft hyphens. With them two keys
 * look the same and are not, a name ends in what it does not end in (`\u202Egnp.exe`), and nobody can type it for `retry`.
 * Persian and some Indic words lose a joiner by it, which prompts and metadata may have.
 */

/** As JSON Schema can say it; {@link keyMistake} knows more. */
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

/** What is wrong with a key; undefined for a good one. */
export function keyMistake(key: string): KeyMistake | undefined {
  const text = shortNfc(key, MAX_KEY_CHARACTERS);
  const characters = charactersIn(text);
  if (characters === 0) return { message: 'The key is empty.', fix: 'Give the item a name of its own.' };
  if (characters > MAX_KEY_CHARACTERS) {
    return { message: `The key has ${characters} characters.`, fix: `At most ${MAX_KEY_CHARACTERS}.` };
  }
  const [forbidden] = FORBIDDEN.exec(text) ?? [];
  if (forbidden !== undefined) {
    return {
      message: `A key cannot hold ${describeCharacter(forbidden)}.`,
      fix: `Letters, digits, "-", "_" and "." only, such as "${safeKey(text)}".`,
    };
  }
  if (!WELL_FORMED.test(text)) {
    return { message: `A key cannot begin with "${[...text][0]}".`, fix: `Write "${safeKey(text)}".` };
  }
  if (DEVICE.test(text)) {
    return { message: `"${key}" names a device on Windows.`, fix: `Write "${safeKey(text)}".` };
  }
  return undefined;
}

/** Keys that some file system takes for the same fold to the same: upper case first, so that ß is ss and ς is σ. */
export function foldKey(key: string): string {
  const short = shortNfc(key, MAX_KEY_CHARACTERS);
  return shortNfc(short.toUpperCase().toLowerCase(), MAX_KEY_CHARACTERS);
}

/** A good key made of any text, such as a file's name. */
export function safeKey(text: string): string {
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

/** Of a text that no key can be its UTF-16 units, for its characters would be an array of millions. */
function charactersIn(text: string): number {
  return text.length > 2 * MAX_KEY_CHARACTERS ? text.length : [...text].length;
}

function describeCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const isVisible =
    /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) && !/\p{Default_Ignorable_Code_Point}/u.test(character);
  if (character === ' ') return 'a space';
  return isVisible ? `"${character}"` : `the character U+${code}`;
}
