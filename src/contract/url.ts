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

/**
 * Whether a text can be the base URL of the Gemini API. It ends up in histories, memos and errors, which must hold no secret: a proxy
 * with a password, or with a token in its query, is refused.
 */
export function isGeminiUrl(text: string): boolean {
  const url = parseUrl(text);
  return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search;
}

/** What {@link isGeminiUrl} accepts. */
export const GEMINI_URL_MUST = 'an http or https URL without user, password and query';
