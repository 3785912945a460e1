import { HummingbatchError } from '../contract/errors.ts';

/** What can be wrong with a manifest, as a closed set, with what each code means. */
export const PROBLEMS = {
  unreadable: 'The manifest, or the file given with --base, cannot be opened.',
  'unknown-format': 'The file name ends in none of .yaml, .yml, .json, .jsonl, .ndjson, .csv.',
  'not-text': 'The bytes are no UTF-8 text, or a text holds a NUL or half a surrogate pair.',
  'too-large': 'More bytes or values than a manifest may have.',
  'too-deep': 'Maps and lists inside each other beyond 32 levels.',
  syntax: 'The file does not follow the rules of its format.',
  'duplicate-field': 'The same field, or CSV column, twice in one place.',
  'unknown-field': 'A field that does not exist there, or a CSV column that does not exist.',
  'misplaced-field':
    'A field that exists but comes from elsewhere: a name or items in a --base file, a --base for YAML or JSON.',
  'missing-field': 'A field that must be there is not.',
  'wrong-type': 'A number where text belongs, a map where a list belongs, and the like.',
  'wrong-value': 'The right type, but not a value the field can have.',
  'unsafe-key': 'A key that is no safe file name on every system.',
  'duplicate-key': 'Two items whose keys are the same after NFC and without case.',
  'empty-prompt': 'A prompt without any text.',
  'text-too-long': 'A prompt or system instruction of more than 65,536 characters.',
  'too-many-outputs': 'More than 1000 outputs, over all items.',
  'unknown-model': 'A model that is neither known by name nor an id that begins with gemini-.',
  'unlisted-model':
    'Warning: an id of Google that hummingbatch has no data of; ratios, sizes and references go unchecked.',
  'deprecated-model':
    'Warning: Google has announced the end of this model; it runs as long as Google serves it.',
  'ratio-not-offered': 'An aspect ratio that the model does not offer.',
  'size-not-offered': 'An image size that the model does not offer.',
  'too-many-references': 'More reference images for one item than the model takes.',
  'unknown-reference': 'An item names a reference that `references` does not have.',
  'unused-reference': 'Warning: no item names this reference.',
  'unsupported-source': 'A reference that is no path, no https URL and no sha256: address.',
  'path-not-allowed': 'A local path in a manifest that lies in the store.',
  'reference-missing': 'The file of a reference is not there, or the store has no such content.',
  'reference-unreadable': 'The path of a reference is a folder, or may not be opened.',
  'reference-undecodable': 'The file of a reference is no image, or is cut off.',
  'reference-unsupported': 'An image, but of a type that Gemini does not take, or animated.',
  'reference-too-large': 'More than 30 MB, 20,000 pixels a side or 100 megapixels.',
  'more-problems': 'The last line when there are more than 200: how many more.',
} as const satisfies Record<string, string>;

/** See {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One thing that is wrong, as `validate --json` prints it. */
export interface Problem {
  /** As the caller named the file. */
  file: string;
  /** From 1; absent where nothing in the file is to blame, as with a flag. */
  line?: number;
  /** From 1, in UTF-16 units. */
  column?: number;
  /** The key of the item, where it is in an item that has one. */
  key?: string;
  code: ProblemCode;
  /** What is wrong, one sentence. */
  message: string;
  /** What would be right. */
  fix?: string;
}

/** One line for a person, whatever the manifest holds: `autumn.yaml:12:5 hero: the message. The fix.` */
export function describeProblem({ file, line, column, key, message, fix }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const about = key === undefined ? '' : ` ${key}:`;
  return visible(`${place}${about} ${message}${fix === undefined ? '' : ` ${fix}`}`);
}

/** What moves the cursor, ends a line or turns the order of the letters, and would make a person read something else. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}]/gu;

function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * All problems as the one error of hummingbatch, for callers that can only throw.
 * @returns code `manifest-invalid`; its message names the first problem and how many there are.
 */
export function manifestError(problems: readonly Problem[]): HummingbatchError {
  const [first] = problems;
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const what = first === undefined ? 'The manifest is invalid.' : `${describeProblem(first)}${rest}`;
  return new HummingbatchError('manifest-invalid', what);
}
