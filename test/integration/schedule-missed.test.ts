import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toScheduleId } from '../../src/contract/index.ts';
import { readRecord } from '../../src/local/record.ts';
import { startTestTemporal } from '../support/temporal-server.ts';
import { createWorld, type World } from '../support/world.ts';
import { createDesk } from './cli-kit.ts';

/** Temporal takes no shorter window. */
const MIN_WINDOW_MS = 10_000;

describe('a Temporal server that stood still', () => {
  let temporal: Awaited<ReturnType<typeof startTestTemporal>>;
  let world: World;

  beforeAll(async () => {
    temporal = await startTestTemporal();
    world = await createWorld({ temporal: temporal.address });
  });
  afterAll(async () => {
    await world.close();
    await temporal.release();
  });

  test('has made up for the firings of the window, counts those before, and doctor says how many', async () => {
    const { schedules } = world.hummingbatch;
    const { missed } = await schedules.create({
      manifest: { name: 'often', model: 'nano-banana-pro', items: [{ key: 'a', prompt: 'A bottle' }] },
      cron: '*/2 * * * * * *',
    });
    expect(missed).toBe(0);
    const handle = world.client.schedule.getHandle(toScheduleId('often'));
    // Ours is ten minutes, for which nobody would wait here.
    expect((await handle.describe()).policies.catchupWindow).toBe(600_000);
    await handle.update((schedule) => ({
      ...schedule,
      state: schedule.state,
      policies: { ...schedule.policies, catchupWindow: MIN_WINDOW_MS },
    }));
    // Temporal takes it up with the next firing.
    const { numActionsTaken } = (await handle.describe()).info;
    while ((await handle.describe()).info.numActionsTaken <= numActionsTaken) await pause(100);
    const { pid = 0 } = (await readRecord(temporal.directory)) ?? {};
    process.kill(pid, 'SIGSTOP');
    // What passes here is the time in which no server runs: two firings more than fit into the window.
    await pause(MIN_WINDOW_MS + 5_000);
    process.kill(pid, 'SIGCONT');
    let status = await waitForStatus();
    for (; !status?.missed; status = await waitForStatus()) await pause(200);
    expect(status.missed).toBeLessThanOrEqual(5);

    const desk = await createDesk({
      TEMPORAL_ADDRESS: temporal.address,
      HUMMINGBATCH_STORE: world.store.location,
    });
    const { stdout } = await desk.run(['doctor', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
    expect(checks.find(({ name }) => name === 'schedules')).toMatchObject({
      level: 'hint',
      message: expect.stringMatching(/^often has missed \d+ firings?, while no Temporal server ran \(since/),
      fix: expect.stringContaining('keep Temporal and a worker running'),
    });
    await schedules.delete('often');
  });

  /** It answers a moment after it goes on. */
  async function waitForStatus() {
    const list = await world.hummingbatch.schedules.list().catch(() => []);
    return list.find(({ name }) => name === 'often');
  }
});
