const HOUR_MS = 3_600_000;

/** The longest time that an option may name, ms: 30 days. Google ends a job after 48 h. */
export const MAX_TIME_MS = 720 * HOUR_MS;

/** The shortest, ms. Temporal takes about 1 s for a timer of less (server 1.32.0). */
export const MIN_TIME_MS = 1000;

/** A whole number with its unit: `50h`, `90m`, `30s`. */
export const DURATION_PATTERN = /^[1-9]\d{0,5}[smh]$/;

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: HOUR_MS };

/** The milliseconds of a text such as `50h`, `90m` or `30s`; undefined for any other text and beyond {@link MAX_TIME_MS}. */
export function durationMs(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  const ms = Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? Number.NaN);
  return ms <= MAX_TIME_MS ? ms : undefined;
}
