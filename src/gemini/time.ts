/**
 * Reads a time as Google writes it (RFC 3339), ms since 1970. Undefined for any other text: `Date.parse` reads "0" as
 * the year 2000, and a job of that age would be cancelled at once.
 */
export function readTime(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
