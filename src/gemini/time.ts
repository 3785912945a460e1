/**
 * Reads a time as Google writes it (RFC 3339), ms since 1970. Undefined for any other text: `Date.parse` reads "0" as
 * the year 2000, and a job of that age would be cancelled at once.
 */
export function readTime(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** When an answer was sent by Google's clock, ms since 1970, from its header `Date` (RFC 9110, whole seconds). */
export function readAnswerTime(headers: Headers): number | undefined {
  const text = headers.get('date');
  if (text === null || !/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
