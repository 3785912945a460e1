import { expect, onTestFinished, test } from 'vitest';
import { startWorkerProcess } from '../support/worker-process.ts';
import { createWorld } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

test('the log of a worker has no warning of a healthy batch, and its states in their order', async () => {
  const world = await createWorld({ jobSeconds: 2 });
  onTestFinished(() => world.close());
  const worker = startWorkerProcess(world);
  onTestFinished(() => worker.kill());
  const batchId = 'healthy';
  // Two rounds: the second output is made in the second.
  const manifest = buildManifest([item('a'), { ...item('b'), prompt: 'a tower [fail once]' }]);
  const options = { checkIntervalMs: 1_000, submitWindowMs: 1_000 };
  await world.hummingbatch.startNormalised({ manifest, batchId, options });
  expect(await world.hummingbatch.batch(batchId).wait()).toMatchObject({ state: 'COMPLETED', round: 2 });
  await worker.waitForLog(/"state":"COMPLETED"/);
  const lines = worker
    .readLog()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string; state?: string });
  expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  const ROUND = ['STAGING', 'SUBMITTING', 'WAITING', 'COLLECTING'];
  const states = lines.flatMap(({ state }) => state ?? []);
  expect(states).toEqual(['PREPARING', ...ROUND, ...ROUND, 'REPORTING', 'COMPLETED']);
});
