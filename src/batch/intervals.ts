import { DEFAULT_OPTIONS } from '../contract/input.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Of the job's age: a job of ten minutes is looked at every two, one of a day every half hour. */
const SHARE_OF_AGE = 0.2;
/** Either way, so that many batches do not ask in step. */
const JITTER = 0.1;
/** However short a caller wants it: a loop without a pause would fill the history. */
const MIN_INTERVAL_MS = SECOND;
/** However long: a job is over after two days. */
const MAX_INTERVAL_MS = 24 * HOUR;

export interface CheckTimes {
  /** How long ago the job was made. */
  ageMs: number;
  /** 0 to 1. */
  random: number;
  minMs: number;
  maxMs: number;
}

/**
 * How long to wait for the next look at a job: 20 % of its age between `minMs` and `maxMs`, ±10 %. Always a whole number of
 * at least 1000 ms, whatever comes in: an age that is none counts as 0, a limit that is none as its default, a random number
 * that is none as the middle. A workflow that sleeps for NaN fails its task for ever.
 */
export function nextCheckMs({ ageMs, random, minMs, maxMs }: CheckTimes): number {
  const min = isPositive(minMs) ? minMs : DEFAULT_OPTIONS.checkIntervalMs;
  const max = Math.max(min, isPositive(maxMs) ? maxMs : DEFAULT_OPTIONS.maxCheckIntervalMs);
  const age = isPositive(ageMs) ? ageMs : 0;
  const chance = random >= 0 && random <= 1 ? random : 0.5;
  const wait = Math.min(MAX_INTERVAL_MS, max, Math.max(min, age * SHARE_OF_AGE));
  return Math.max(MIN_INTERVAL_MS, Math.round(wait * (1 - JITTER + 2 * JITTER * chance)));
}

const FIRST_QUOTA_WAIT = MINUTE;
const MAX_QUOTA_WAIT = 30 * MINUTE;
/** A hint beyond this is taken for garbled: quotas of this API are counted by the minute, by ten minutes or by the day. */
const MAX_HINT = 6 * HOUR;

/**
 * How long to wait before a job is made again that met a full quota: 1 minute, doubling to 30, and never less than Google
 * asks for, up to 6 hours.
 *
 * @param attempt from 1
 * @param hintMs what Google asks for, where it does
 */
export function quotaWaitMs(attempt: number, hintMs?: number): number {
  const doublings = isPositive(attempt) ? Math.floor(attempt) - 1 : 0;
  const own = Math.min(MAX_QUOTA_WAIT, FIRST_QUOTA_WAIT * 2 ** Math.max(0, doublings));
  const asked = isPositive(hintMs) ? Math.min(MAX_HINT, Math.ceil(hintMs)) : 0;
  return Math.max(own, asked);
}

function isPositive(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
