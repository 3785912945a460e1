import type { ErrorCode } from '../contract/errors.ts';
import { DEFAULT_OPTIONS } from '../contract/options.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The interval as a share of the job's age: a job that is ten minutes old is checked every two minutes, one that is a
 * day old every half hour.
 */
const SHARE_OF_AGE = 0.2;
/** Plus or minus this share, so that many batches do not check at the same time. */
const JITTER = 0.1;
/** The shortest interval, whatever the caller asks for: a loop without a pause would fill the history. */
const MIN_INTERVAL_MS = SECOND;
/** The longest interval: a job ends after two days. */
const MAX_INTERVAL_MS = 24 * HOUR;

export interface CheckTimes {
  /** How long ago the job was created. */
  ageMs: number;
  /** 0 to 1. */
  random: number;
  minMs: number;
  maxMs: number;
}

/**
 * How long to wait before the next check of a job: 20 % of its age, at least `minMs`, at most `maxMs`, ±10 %. Always a
 * whole number of at least 1000 ms, for any input: an invalid age counts as 0, an invalid limit as its default, an
 * invalid random number as 0.5. A workflow that sleeps for NaN would fail its task for ever.
 */
export function nextCheckMs({ ageMs, random, minMs, maxMs }: CheckTimes): number {
  const min = isPositive(minMs) ? minMs : DEFAULT_OPTIONS.checkIntervalMs;
  const max = Math.max(min, isPositive(maxMs) ? maxMs : DEFAULT_OPTIONS.maxCheckIntervalMs);
  const age = isPositive(ageMs) ? ageMs : 0;
  const chance = random >= 0 && random <= 1 ? random : 0.5;
  const wait = Math.min(MAX_INTERVAL_MS, max, Math.max(min, age * SHARE_OF_AGE));
  return Math.max(MIN_INTERVAL_MS, Math.round(wait * (1 - JITTER + 2 * JITTER * chance)));
}

const MIN_QUOTA_WAIT = MINUTE;
const MAX_QUOTA_WAIT = 2 * HOUR;
/**
 * The longest wait that Google can ask for. A longer one counts as an error: this API has quotas per minute, per ten
 * minutes and per day.
 */
const MAX_HINT = 6 * HOUR;

/**
 * How long to wait before submitting a job again that met an exhausted quota: 1 minute, doubling to 2 hours, and never
 * less than Google asks for, up to 6 hours.
 *
 * @param attempt from 1
 * @param hintMs Google's retry delay, where it gives one
 */
export function quotaWaitMs(attempt: number, hintMs?: number): number {
  const doublings = isPositive(attempt) ? Math.floor(attempt) - 1 : 0;
  const own = Math.min(MAX_QUOTA_WAIT, MIN_QUOTA_WAIT * 2 ** Math.max(0, doublings));
  const asked = isPositive(hintMs) ? Math.min(MAX_HINT, Math.ceil(hintMs)) : 0;
  return Math.max(own, asked);
}

const FIRST_STOP_WAIT = 30 * MINUTE;
/** The right worker may only be restarting. */
const FIRST_WORKER_WAIT = MINUTE;
/**
 * The longest wait of a stop that tries again automatically. One try costs up to 45 events of the history, so a year of them costs
 * less than 10,000.
 */
const MAX_STOP_WAIT = 48 * HOUR;
/** A try at Google's limit may make a job that fails for it later, and costs up to 80 events. */
const MAX_QUOTA_STOP_WAIT = 96 * HOUR;

/**
 * How long a stop waits before it tries again automatically: 30 minutes, doubling to 48 hours; without a right worker from 1 minute, at
 * Google's limit to 96 hours.
 *
 * @param times how often the batch has stopped at this step for this reason in a row, from 1
 */
export function stopWaitMs(times: number, code: ErrorCode): number {
  const first = code === 'wrong-worker' ? FIRST_WORKER_WAIT : FIRST_STOP_WAIT;
  const longest = code === 'rate-limited' ? MAX_QUOTA_STOP_WAIT : MAX_STOP_WAIT;
  return Math.min(longest, first * 2 ** Math.min(20, times - 1));
}

function isPositive(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
