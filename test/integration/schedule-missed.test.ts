import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toScheduleId } from '../../src/contract/index.ts';
import { readRecord } from '../../src/local/record.ts';
import { startTestTemporal } from '../support/temporal-server.ts';
import { createWorld, type World } from '../support/world.ts';
import { createDesk } from './cli-kit.ts';

/** The shortest catch-up window that Temporal accepts. */
const MIN_WINDOW_MS = 10_000;

describe('a Temporal server that was down', () => {
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

  test('makes up for the firings inside the catch-up window and counts the missed ones, which doctor reports', async () => {
    const { schedules } = world.hummingbatch;
    const { missed } = await schedules.create({
      manifest: { name: 'often', model: 'nano-banana-pro', items: [{ key: 'a', prompt: 'A bottle' }] },
      cron: '*/2 * * * * * *',
    });
    expect(missed).toBe(0);
    const handle = world.client.schedule.getHandle(toScheduleId('often'));
    // The default window of ten minutes is too long for a test.
    expect((await handle.describe()).policies.catchupWindow).toBe(600_000);
    await handle.update((schedule) => ({
      ...schedule,
      state: schedule.state,
      policies: { ...schedule.policies, catchupWindow: MIN_WINDOW_MS },
    }));
    // Temporal applies it with the next firing.
    const { numActionsTaken } = (await handle.describe()).info;
    while ((await handle.describe()).info.numActionsTaken <= numActionsTaken) await pause(100);
    const { pid = 0 } = (await readRecord(temporal.directory)) ?? {};
    process.kill(pid, 'SIGSTOP');
    // No server runs during this time: two more firings pass than fit into the window.
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
      message: expect.stringMatching(/^often has missed \d+ firings? while no Temporal server ran \(since/),
      fix: expect.stringContaining('keep Temporal and a worker running'),
    });
    await schedules.delete('often');
  });

  /** Waits until the restarted server answers. */
  async function waitForStatus() {
    const list = await world.hummingbatch.schedules.list().catch(() => []);
    return list.find(({ name }) => name === 'often');
  }
});
