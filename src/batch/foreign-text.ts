/** The most characters that are read: more than any message needs. */
const MAX_EXAMINED = 20_000;

/**
 * A run of base64 that is longer than any word, id or address: Google's file ids have 40 characters, its job names 44.
 */
const BASE64 = /[A-Za-z0-9+/_-]{100,}={0,2}/g;

/** All control characters except newline and tab, so that a text cannot move the cursor of a terminal. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/**
 * Prepares a text of Google's or of the model for a record: without control characters and base64, trimmed, and cut
 * with an ellipsis at `max` UTF-16 units, never inside a character. Undefined where nothing is left.
 */
export function foreignText(text: string, max: number): string | undefined {
  const cleaned = prefix(text, MAX_EXAMINED).replaceAll(BASE64, '…').replaceAll(CONTROL, ' ').trim();
  return cleaned === '' ? undefined : cut(cleaned, max);
}

/** The same on one line, for messages. */
export function foreignLine(text: string, max: number): string | undefined {
  return foreignText(prefix(text, MAX_EXAMINED).replaceAll(/\s+/g, ' '), max);
}

/** Cuts a text to at most `max` UTF-16 units, with an ellipsis where it was longer. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${prefix(text, max - 1)}…`;
}

/** The first `max` UTF-16 units at most, without half a surrogate pair at the end. */
function prefix(text: string, max: number): string {
  const endsInsidePair = text.length > max && /[\uD800-\uDBFF]/.test(text.charAt(max - 1));
  return text.slice(0, endsInsidePair ? max - 1 : max);
}
