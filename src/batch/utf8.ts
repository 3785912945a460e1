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
