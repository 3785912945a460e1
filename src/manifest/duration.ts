/** A whole number with its unit: `50h`, `90m`, `30s`. */
export const DURATION_PATTERN = /^[1-9]\d{0,5}[smh]$/;

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** 30 days. Google ends a job after 48 h, so nothing longer is useful. */
const MAX_MS = 720 * 3_600_000;

/** The milliseconds of a text such as `50h`, `90m` or `30s`; undefined for any other text and for more than 720 h. */
export function durationMs(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  const ms = Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? Number.NaN);
  return ms <= MAX_MS ? ms : undefined;
}
