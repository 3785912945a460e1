/*
 * Texts from outside, as they may be stored, sent and shown. Half a surrogate pair is valid in a JavaScript string and in
 * JSON, and not in UTF-8, in which Temporal keeps failures, summaries, details and search attributes.
 */

const HALF_PAIR = /\p{Surrogate}/gu;

export function isWellFormed(text: string): boolean {
  return text.search(HALF_PAIR) < 0;
}

/** The text with � in place of each half of a surrogate pair. */
export function toWellFormed(text: string): string {
  return text.replaceAll(HALF_PAIR, '\uFFFD');
}

/** The first characters of a text, well-formed: none is cut in two. */
export function clip(text: string, maxCharacters: number): string {
  return toWellFormed(
    Array.from(text.slice(0, 2 * maxCharacters))
      .slice(0, maxCharacters)
      .join(''),
  );
}

/** The bytes of a text in UTF-8. Counted by hand, because the workflow sandbox has no Buffer. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += countBytes(character.codePointAt(0) as number);
  return bytes;
}

/** The longest beginning of a text with at most this many bytes in UTF-8; no character is cut. */
export function utf8Prefix(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += countBytes(character.codePointAt(0) as number);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function countBytes(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x1_0000 ? 3 : 4;
}
