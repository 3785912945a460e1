import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { endProcess } from '../../src/local/process.ts';
import { readRecord } from '../../src/local/record.ts';
import { createDesk, manifestText } from './cli-kit.ts';

test('a batch whose Temporal database is deleted while its job runs continues from the store without a second job', async () => {
  const emulator = await createEmulator({ images: 'plain', jobSeconds: 5 });
  onTestFinished(() => emulator.close());
  const desk = await createDesk({
    GEMINI_API_KEY: 'any',
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    HUMMINGBATCH_CHECK_INTERVAL: '1s',
    HUMMINGBATCH_SUBMIT_WINDOW: '1s',
  });
  await desk.write('m.yaml', manifestText('forgotten'));
  const run = desk.begin('run', 'm.yaml');
  await run.said('waiting for batches/');
  run.child.kill('SIGKILL');
  await run.ended;

  const database = join(desk.folder, 'hummingbatch', '.temporal');
  const server = await readRecord(database);
  if (!server) throw new Error('no server was started');
  await endProcess(server, 5_000);
  await rm(database, { recursive: true });

  const again = await desk.run(['run', 'm.yaml', '--json']);
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ state: 'COMPLETED', outputs: { image: 3 }, rounds: 1 });
  expect((await emulator.ledger()).jobs).toHaveLength(1);

  // After the end of the batch, another run starts nothing.
  await rm(database, { recursive: true });
  const ended = await desk.run(['run', 'm.yaml', '--json']);
  expect(JSON.parse(ended.stdout)).toEqual(JSON.parse(again.stdout));
  expect((await emulator.ledger()).jobs).toHaveLength(1);
});
