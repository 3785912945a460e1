import type { Call } from '../call.ts';
import type { Config } from '../config/config.ts';
import type { Check } from './check.ts';
import { findTemporal, withTemporal } from './temporal.ts';

const ANSWER_WITHIN_MS = 15_000;
/** Google says whole seconds, and an answer takes time. Webhook receivers usually refuse what is 5 min off. */
const TOLERATED_MS = 60_000;

/** Whether this machine's clock agrees with Google's and Temporal's. Run it where the workers run. */
export const checkClocks: Check = async (call, config) => {
  const name = 'clocks';
  const read = await Promise.all([
    compare('Google’s', () => readGoogle(config)),
    compare('Temporal’s', () => readTemporalTime(call, config)),
  ]);
  const known = read.filter((one) => one !== undefined);
  const wrong = known.filter(({ aheadMs }) => Math.abs(aheadMs) > TOLERATED_MS);
  if (known.length === 0) return { name, level: 'ok', message: 'There is nothing to compare them with.' };
  if (wrong.length === 0)
    return { name, level: 'ok', message: `This machine’s clock agrees with ${list(known)}.` };
  const message = wrong.map(({ whose, aheadMs }) => `This machine’s clock is ${describe(aheadMs)} ${whose}.`);
  const fix = 'Let this machine set its clock by NTP, then call it again.';
  return { name, level: 'hint', message: message.join(' '), fix };
};

interface Compared {
  whose: string;
  /** How far this machine's clock is ahead, ms. */
  aheadMs: number;
}

/** Undefined where the other clock cannot be read: another check says why. */
async function compare(
  whose: string,
  read: () => Promise<number | undefined>,
): Promise<Compared | undefined> {
  const before = Date.now();
  const theirs = await read().catch(() => undefined);
  const middle = (before + Date.now()) / 2;
  return theirs === undefined ? undefined : { whose, aheadMs: middle - theirs };
}

async function readGoogle({ apiKey, geminiUrl }: Config): Promise<number | undefined> {
  if (!apiKey) return undefined;
  const { createGemini, GEMINI_URL } = await import('../../gemini/index.ts');
  const gemini = createGemini({ baseUrl: geminiUrl ?? GEMINI_URL, apiKey });
  return gemini.jobs.readTime(AbortSignal.timeout(ANSWER_WITHIN_MS));
}

async function readTemporalTime(call: Call, config: Config): Promise<number | undefined> {
  const place = await findTemporal(call, config);
  if (!place) return undefined;
  const { readServerTime } = await import('../../client/server-time.ts');
  return withTemporal(place, readServerTime);
}

function list(known: Compared[]): string {
  return known.map(({ whose }) => whose).join(' and ');
}

function describe(aheadMs: number): string {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  const amount = minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  return aheadMs > 0 ? `${amount} ahead of` : `${amount} behind`;
}
