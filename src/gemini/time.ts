/**
 * Reads a time as Google writes it (RFC 3339), ms since 1970. Undefined for any other text: `Date.parse` reads "0" as
 * the year 2000, and a job of that age would be cancelled at once.
 */
export function readTime(text: string | undefined): number | undefined {
  return parseAs(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, text ?? '');
}

/** Reads a time as HTTP headers have it (RFC 9110, whole seconds), ms since 1970. Undefined for any other text. */
export function readHttpDate(text: string): number | undefined {
  return parseAs(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})$/, text);
}

function parseAs(pattern: RegExp, text: string): number | undefined {
  const time = pattern.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
