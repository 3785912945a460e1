import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../src/emulator/jobs/jobs.ts';
import { computeStanding, isEnded } from '../../../src/emulator/jobs/life.ts';
import { buildOperation } from '../../../src/emulator/jobs/operation.ts';
import { property } from '../../support/property.ts';

const HOUR = 3_600_000;

function job(rows: number, more: Partial<JobRecord> = {}): JobRecord {
  const row = { offset: 0, length: 1, picture: undefined };
  return {
    id: 'x'.repeat(36),
    model: 'gemini-3-pro-image',
    inputFile: 'files/in',
    createTime: 0,
    durationMs: 1000,
    images: 'plain',
    rows: Array.from({ length: rows }, () => row),
    ...more,
  };
}

function readStats(record: JobRecord, now: number): Record<string, string> {
  const { metadata } = buildOperation(record, computeStanding(record, now)) as {
    metadata: { batchStats: Record<string, string> };
  };
  return metadata.batchStats;
}

describe('the life of a job', () => {
  property([
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 0, max: 1500 }),
    fc.option(fc.integer({ min: 0, max: 1200 })),
  ])('at every moment pending, successful and failed rows are all the rows', (rows, now, cancelled) => {
    const record = job(
      rows,
      cancelled !== null && cancelled < 1000 && cancelled <= now ? { cancelTime: cancelled } : {},
    );
    const counts = readStats(record, now);
    const { pendingRequestCount = '0', successfulRequestCount = '0', failedRequestCount = '0' } = counts;
    expect(Number(pendingRequestCount) + Number(successfulRequestCount) + Number(failedRequestCount)).toBe(
      rows,
    );
    expect(Object.values(counts)).not.toContain('0');
  });

  property([fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 2 })])(
    'only goes forward',
    (rows, times) => {
      const order = ['PENDING', 'RUNNING', 'SUCCEEDED'];
      const standings = times.sort((a, b) => a - b).map((time) => computeStanding(job(rows), time));
      for (const [index, standing] of standings.slice(1).entries()) {
        const before = standings[index];
        expect(order.indexOf(standing.state)).toBeGreaterThanOrEqual(order.indexOf(before?.state ?? ''));
        expect(standing.worked).toBeGreaterThanOrEqual(before?.worked ?? 0);
      }
    },
  );

  it('is PENDING for a fifth of its time, then processes its rows', () => {
    const states = [0, 199, 200, 600, 999, 1000].map((time) => computeStanding(job(8), time));
    expect(states.map(({ state, worked }) => [state, worked])).toEqual([
      ['PENDING', 0],
      ['PENDING', 0],
      ['RUNNING', 0],
      ['RUNNING', 4],
      ['RUNNING', 7],
      ['SUCCEEDED', 8],
    ]);
  });

  it('without a duration ends at once', () => {
    expect(computeStanding(job(2, { durationMs: 0 }), 0)).toMatchObject({ state: 'SUCCEEDED', worked: 2 });
  });

  it('ends EXPIRED after 48 hours, with no result', () => {
    const slow = job(2, { durationMs: 72 * HOUR });
    expect(isEnded(computeStanding(slow, 48 * HOUR - 1))).toBe(false);
    expect(computeStanding(slow, 48 * HOUR)).toMatchObject({ state: 'EXPIRED', worked: 0 });
    expect(buildOperation(slow, computeStanding(slow, 50 * HOUR))).not.toHaveProperty('response');
  });

  it('ends by whatever comes first', () => {
    const failure = { code: 3, message: 'no requests' };
    expect(computeStanding(job(2, { failure, cancelTime: 100 }), 1000).state).toBe('CANCELLED');
    expect(computeStanding(job(2, { failure }), 200)).toMatchObject({ state: 'FAILED', error: failure });
  });
});
