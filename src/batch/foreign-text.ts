/** More than any sentence needs; what comes after is never looked at. */
const LOOKED_AT = 20_000;

/** A run of base64 as no word, id or address has: Google's file ids take 40 characters, its job names 44. */
const BASE64 = /[A-Za-z0-9+/_-]{100,}={0,2}/g;

/** All control characters but newline and tab: an answer is not to move the cursor of whoever reads it. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/**
 * What somebody else wrote, fit for a record: without control characters and base64, trimmed, and cut with an ellipsis at
 * `max` UTF-16 units, never inside a character. Undefined where nothing is left.
 */
export function foreignText(text: string, max: number): string | undefined {
  const clean = prefix(text, LOOKED_AT).replaceAll(BASE64, '…').replaceAll(CONTROL, ' ').trim();
  return clean === '' ? undefined : cut(clean, max);
}

/** The same on one line: for messages. */
export function foreignLine(text: string, max: number): string | undefined {
  return foreignText(prefix(text, LOOKED_AT).replaceAll(/\s+/g, ' '), max);
}

/** A text of at most `max` UTF-16 units, with an ellipsis where there was more. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${prefix(text, max - 1)}…`;
}

/** At most `max` UTF-16 units from the beginning, without half a surrogate pair at the end. */
function prefix(text: string, max: number): string {
  const endsInsidePair = text.length > max && /[\uD800-\uDBFF]/.test(text.charAt(max - 1));
  return text.slice(0, endsInsidePair ? max - 1 : max);
}
