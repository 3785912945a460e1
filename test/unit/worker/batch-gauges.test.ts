import type { MetricMeter, MetricTags } from '@temporalio/common';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { watchBatches } from '../../../src/worker/batch-gauges.ts';

const RUNNING = 'ExecutionStatus = "Running" AND TaskQueue = "images" AND ';

type Count = (query: string) => Promise<number>;

/** The gauges after each of these looks, and what was asked and logged. */
async function afterLooks(progressCache: Count[], searchAttributes = ['BatchState', 'StopReason']) {
  const shown = new Map<string, number>();
  const history: Record<string, number>[] = [];
  const asked: string[] = [];
  const logged: string[] = [];
  const ending = new AbortController();
  const createGauge = (name: string) => ({
    set: (value: number, tags: MetricTags = {}) => shown.set(`${name} ${Object.values(tags).join()}`, value),
  });
  let look = 0;
  await watchBatches(
    {
      taskQueue: 'images',
      searchAttributes: async () => searchAttributes,
      count: (query) => {
        asked.push(query);
        return progressCache[look]?.(query) ?? Promise.reject(new Error('no such look'));
      },
      async pause() {
        history.push(Object.fromEntries([...shown].filter(([, value]) => value !== 0)));
        if (++look === progressCache.length) ending.abort();
      },
      meter: { createGauge } as unknown as MetricMeter,
      log: pino({ level: 'warn' }, { write: (line: string) => logged.push(line) }),
    },
    ending.signal,
  );
  return { history, shown, asked, logged };
}

/** What Temporal answers, by the end of the query. */
function answers(numbers: Record<string, number>): Count {
  return async (query) => numbers[query.slice(RUNNING.length)] ?? 0;
}

const STOPPED = 'BatchState = "NEEDS_ATTENTION"';

describe('the gauges of batches', () => {
  test('count the open batches of this queue by state, and the stopped ones by code', async () => {
    const look = answers({
      'BatchState = "WAITING"': 3,
      [STOPPED]: 2,
      [`${STOPPED} AND StopReason = "disk-full"`]: 2,
    });
    const { history, asked } = await afterLooks([look]);
    expect(history).toEqual([
      {
        'hummingbatch_batches WAITING': 3,
        'hummingbatch_batches NEEDS_ATTENTION': 2,
        'hummingbatch_stopped_batches disk-full': 2,
      },
    ]);
    expect(asked.every((query) => query.startsWith(RUNNING))).toBe(true);
  });

  test('query no codes while nothing is stopped', async () => {
    const { asked, shown } = await afterLooks([answers({})]);
    expect(asked).toHaveLength(9);
    expect(shown.get('hummingbatch_batches COLLECTING')).toBe(0);
  });

  test('return to 0 for a code for which no batch is stopped any more', async () => {
    const stopped = answers({ [STOPPED]: 1, [`${STOPPED} AND StopReason = "no-key"`]: 1 });
    const { shown } = await afterLooks([stopped, answers({})]);
    expect(shown.get('hummingbatch_stopped_batches no-key')).toBe(0);
  });

  test('show no stale number while Temporal does not answer, log that once, and recover', async () => {
    const silent: Count = () => Promise.reject(new Error('unavailable'));
    const { history, logged } = await afterLooks([
      answers({ 'BatchState = "WAITING"': 3 }),
      silent,
      silent,
      answers({ 'BatchState = "WAITING"': 4 }),
    ]);
    expect(history.map((gauges) => gauges['hummingbatch_batches WAITING'])).toEqual([3, NaN, NaN, 4]);
    expect(logged).toHaveLength(1);
  });

  test('are omitted where the server lacks their attribute', async () => {
    const stopped = answers({ [STOPPED]: 1 });
    expect((await afterLooks([stopped], ['BatchId'])).asked).toEqual([]);
    const { history, asked } = await afterLooks([stopped], ['BatchState']);
    expect(history).toEqual([{ 'hummingbatch_batches NEEDS_ATTENTION': 1 }]);
    expect(asked).toHaveLength(9);
  });
});
