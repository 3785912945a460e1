/**
 * A URL, or undefined where the text is none. In place of `URL.canParse`, which on Node 20 and 22 says no to hosts such as
 * `ä.example` once it was called some thousand times and V8 has optimized it: the same text would be refused in a replay.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // That it is none is the answer.
    return undefined;
  }
}
