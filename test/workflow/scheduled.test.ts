import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FiringResult } from '../../src/contract/index.ts';
import { readSummary } from './support/events.ts';
import type { Script } from './support/scripted-google.ts';
import { createSkippedTime, type SkippedTime } from './support/skipped-time.ts';

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const HOUR = 3_600_000;

describe('a firing of a schedule', () => {
  const fire = (schedule: string, script: Script) => time.fire(schedule, script);

  test('without a scheduled time is named for the time of its start', async () => {
    const { handle, batchId } = await fire('by-hand', { lives: [{ hours: 0.2, end: 'SUCCEEDED' }] });
    const { startTime } = await handle.describe();
    const result = (await handle.result()) as FiringResult;
    expect(result).toMatchObject({ batchId, state: 'COMPLETED' });
    expect(batchId).toBe(
      `by-hand-${startTime.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`,
    );
  });

  test('waits for the end of its batch, which takes days', async () => {
    const began = await time.now();
    const { handle } = await fire('slow', { lives: [{ hours: 40, end: 'SUCCEEDED' }] });
    await handle.result();
    expect((await time.now()) - began).toBeGreaterThan(40 * HOUR);
  });

  test('waits for a store that is not available, with growing pauses, and then continues', async () => {
    // One try has eight attempts.
    const away = Array.from({ length: 16 }, () => 'store-missing' as const);
    const { handle, google } = await fire('patient', { failures: { putScheduled: away } });
    expect(await handle.result()).toMatchObject({ state: 'COMPLETED' });
    expect(google.inputsOf('putScheduled')).toHaveLength(17);
    const { events } = await handle.fetchHistory();
    const waits = events?.filter((event) => event.timerStartedEventAttributes).map(readSummary);
    expect(waits).toEqual(Array(2).fill('not started (store-missing): waiting for the next try'));
  });

  test.each(['batch-conflict', 'store-corrupt'] as const)(
    'fails with %s, which waiting does not fix',
    async (code) => {
      const { handle, google } = await fire(`fails-${code}`, { failures: { putScheduled: [code] } });
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: code } });
      expect(google.steps()).toEqual(['putScheduled']);
    },
  );

  test('fails if its batch fails, with the same reason', async () => {
    const { handle } = await fire('invalid', { failures: { prepare: ['manifest-invalid'] } });
    await expect(handle.result()).rejects.toMatchObject({ cause: { cause: { type: 'manifest-invalid' } } });
  });

  test.each([
    [{ schedule: 'No Name', manifest: { uri: 'a', sha256: 'b' } }],
    [{ schedule: 'x'.repeat(45), manifest: { uri: 'a', sha256: 'b' } }],
    [{ manifest: { uri: 'a', sha256: 'b' } }],
    [{ schedule: 'good' }],
  ])('refuses the input %j before any step', async (input) => {
    const handle = await time.startFiring(input);
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'usage' } });
  });
});
