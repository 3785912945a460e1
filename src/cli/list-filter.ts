import { findModel } from '../batch/models.ts';
import type { ListFilter } from '../client/index.ts';
import {
  BATCH_STATES,
  type BatchState,
  ERROR_CODES,
  getRetryPolicy,
  HummingbatchError,
} from '../contract/index.ts';
import type { Flags } from './flags.ts';
import { readWords } from './read-words.ts';
import { formatState } from './render/summary.ts';

const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };

/** The filter that the flags set. @throws `usage` */
export function readListFilter({ state, reason, model, label, since, limit, after }: Flags): ListFilter {
  const states = parseStates(state);
  const [stoppedFor, second] = readWords('reason', reason, ERROR_CODES.filter(canStop));
  if (second)
    throw new HummingbatchError('usage', 'A batch stops for one reason only.', {
      fix: 'Name one with --reason.',
    });
  return {
    ...(states.length > 0 && { states }),
    ...(stoppedFor && { reason: stoppedFor }),
    ...(model && { model: findModel(model)?.id ?? model }),
    ...(label && { labels: label }),
    ...(since && { since: parseSince(since, Date.now()) }),
    ...(limit && { limit }),
    ...(after && { after }),
  };
}

function parseStates(text: string | undefined): BatchState[] {
  const words = readWords('state', text, BATCH_STATES.map(formatState));
  return BATCH_STATES.filter((state) => words.includes(formatState(state)));
}

function canStop(code: (typeof ERROR_CODES)[number]): boolean {
  return getRetryPolicy(code) !== 'never';
}

/** ISO time of `3d`, `12h` or `30m` ago, or of a date such as `2026-11-20`. */
export function parseSince(text: string, now: number): string {
  const [, count, unit = ''] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  if (count) return new Date(now - Number(count) * (UNITS[unit] ?? 0)).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new HummingbatchError('usage', `"${text}" is not a valid time.`, {
    fix: 'Write an age such as 3d, 12h or 30m, or a date such as 2026-11-20.',
  });
}
