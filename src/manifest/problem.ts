import { HummingbatchError } from '../contract/errors.ts';

/** The closed set of problem codes of a manifest, each with its meaning. docs/manifest.md lists the same texts. */
export const PROBLEMS = {
  unreadable: 'The manifest, or the file given with --base, cannot be opened.',
  'unknown-format': 'The file name ends in none of .yaml, .yml, .json, .jsonl, .ndjson, .csv.',
  'not-text': 'The bytes are not UTF-8 text, or a text contains a NUL character or an unpaired surrogate.',
  'too-large': 'The manifest has more bytes or values than the limit.',
  'too-deep': 'Maps and lists are nested deeper than 32 levels.',
  syntax: 'The file does not follow the rules of its format.',
  'duplicate-field': 'A field or a CSV column is given twice.',
  'unknown-field': 'A field or a CSV column is not known.',
  'misplaced-field':
    'A --base file has `name` or `items`, or a --base file is given for a YAML or JSON manifest.',
  usage: 'An option of `run` is not accepted. The sentence is the same wherever the option is given.',
  'missing-field': 'A required field is missing.',
  'wrong-type': 'A value has the wrong type, such as a number for a text or a map for a list.',
  'wrong-value': 'A value has the right type, but the field does not allow it.',
  'unsafe-key': 'A key is not a safe file name on every system.',
  'duplicate-key': 'Two items have the same key, compared in NFC and without case.',
  'empty-prompt': 'A prompt has no text.',
  'text-too-long': 'A prompt or system instruction has more than 65,536 characters.',
  'too-many-outputs': 'All items together have more than 1000 outputs.',
  'unknown-model': 'A model is neither a known name nor an id that begins with gemini-.',
  'unlisted-model':
    'Warning: hummingbatch has no data about this model id; ratios, sizes and references are not checked.',
  'deprecated-model': 'Warning: Google has deprecated this model; it runs as long as Google serves it.',
  'ratio-not-offered': 'The model does not offer this aspect ratio.',
  'size-not-offered': 'The model does not offer this image size.',
  'too-many-references': 'An item has more reference images than the model accepts.',
  'unknown-reference': 'An item names a reference that `references` does not define.',
  'unused-reference': 'Warning: no item names this reference.',
  'unsupported-source': 'A reference is not a path, an https URL or a sha256: address.',
  'path-not-allowed':
    'A manifest contains a local path where no local file can be opened, such as at a worker.',
  'reference-missing': 'The file of a reference does not exist, or the store does not have the content.',
  'reference-unreadable': 'The path of a reference is a folder or cannot be opened.',
  'reference-undecodable': 'The file of a reference is not an image, or it is truncated.',
  'reference-unsupported': 'The image has a type that Gemini does not accept, or it is animated.',
  'reference-too-large': 'The image has more than 30 MB, 20,000 pixels per side or 100 megapixels.',
  'more-problems': 'There are more than 200 problems; this last one says how many more.',
} as const satisfies Record<string, string>;

/** See {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One problem, as `validate --json` prints it. */
export interface Problem {
  /** The file as the caller named it, or the flag. */
  file: string;
  /** From 1; absent if the problem has no place in a file, as with a flag. */
  line?: number;
  /** From 1, in UTF-16 units. */
  column?: number;
  /** The key of the item, if the problem is in an item with a key. */
  key?: string;
  code: ProblemCode;
  /** What is wrong, in one sentence. */
  message: string;
  /** How to fix it. */
  fix?: string;
}

/** One line for people, safe for terminals: `autumn.yaml:12:5 hero: the message. The fix.` */
export function describeProblem({ file, line, column, key, message, fix }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const about = key === undefined ? '' : ` ${key}:`;
  return escapeInvisible(`${place}${about} ${message}${fix === undefined ? '' : ` ${fix}`}`);
}

/** Characters that move the cursor, end a line or change the reading direction, so that a reader would be misled. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}]/gu;

function escapeInvisible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * All problems as one error, for callers that can only throw.
 * @returns an error with code `manifest-invalid`; its message has the first problem and the number of the others
 */
export function manifestError(problems: readonly Problem[]): HummingbatchError {
  const [first] = problems;
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const what = first === undefined ? 'The manifest is invalid.' : `${describeProblem(first)}${rest}`;
  return new HummingbatchError('manifest-invalid', what, {
    ...(first?.code === 'unreadable' && { actions: [{ action: 'init' }] }),
  });
}
