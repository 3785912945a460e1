import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { startTemporal } from '../../src/local/index.ts';
import { isRunning } from '../../src/local/process.ts';
import { readRecord, type ServerRecord } from '../../src/local/record.ts';
import type { Desk } from '../support/desk.ts';
import { temporalCliPath } from '../support/servers.ts';
import { createDesk, manifestText } from './cli-kit.ts';

/** A line of a stack trace. */
const TRACE = /^\s+at /m;

/** A folder whose emulator keeps running when everything else is killed, like Google. */
async function openDesk({ onTestFinished }: TestContext) {
  const emulator = await createEmulator({ images: 'plain', jobSeconds: 4 });
  onTestFinished(() => emulator.close());
  const env = {
    GEMINI_API_KEY: 'any',
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    HUMMINGBATCH_CHECK_INTERVAL: '1s',
    HUMMINGBATCH_SUBMIT_WINDOW: '1s',
  };
  const desk = await createDesk(env, onTestFinished);
  await desk.write('m.yaml', manifestText('served'));
  return { ...desk, emulator };
}

async function readServerRecord(directory: string): Promise<ServerRecord> {
  const server = await readRecord(directory);
  if (!server) throw new Error(`no server was ever started in ${directory}`);
  return server;
}

function readServer({ folder }: Desk): Promise<ServerRecord> {
  return readServerRecord(join(folder, 'hummingbatch', '.temporal'));
}

describe.concurrent('a managed Temporal server that is killed while run waits', () => {
  test('is started again at its address, and the batch continues', async (context) => {
    const desk = await openDesk(context);
    const run = desk.begin('run', 'm.yaml', '--json');
    await run.said('waiting for batches/');
    const killed = await readServer(desk);
    process.kill(killed.pid, 'SIGKILL');

    const { code, stdout, stderr } = await run.ended;

    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'COMPLETED', outputs: { image: 3 }, rounds: 1 });
    expect((await desk.emulator.ledger()).jobs).toHaveLength(1);
    expect(stderr).toContain('The managed dev server of this store has ended.');
    expect(stderr).not.toMatch(TRACE);
    const { pid, port } = await readServer(desk);
    expect({ port, isAnother: pid !== killed.pid }).toEqual({ port: killed.port, isAnother: true });
    expect(isRunning(await readServer(desk)), 'the last that uses it ends it').toBe(false);
  });

  test('is reported if another program took its address, with the command that continues the batch', async (context) => {
    const desk = await openDesk(context);
    const run = desk.begin('run', 'm.yaml', '--json');
    await run.said('waiting for batches/');
    const { pid, port } = await readServer(desk);
    process.kill(pid, 'SIGKILL');
    const other = createServer();
    context.onTestFinished(() => void other.close());
    const listen = async () => {
      other.listen(port, '127.0.0.1');
      await once(other, 'listening');
      return true;
    };
    await context.expect.poll(listen).toBe(true);

    const { code, stdout, stderr } = await run.ended;

    expect(code, stderr).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'no-temporal', message: expect.stringContaining(String(port)) },
    });
    expect(stderr).toContain('Call the same command again');
    expect(stderr).not.toMatch(TRACE);

    const again = await desk.run(['run', 'm.yaml', '--json']);
    expect(again.code, again.stderr).toBe(0);
    expect((await desk.emulator.ledger()).jobs).toHaveLength(1);
  });
});

test.concurrent('a worker and a waiting run continue after their configured Temporal server was killed and is back', async (context) => {
  const desk = await openDesk(context);
  const directory = join(desk.folder, 'their-temporal');
  const bring = async (port?: number) => {
    const cli = await temporalCliPath();
    const options = { directory, cli, namespace: 'default', searchAttributes: {}, retentionHours: 24 };
    return startTemporal({ ...options, env: process.env, log: () => undefined, ...(port && { port }) });
  };
  const first = await bring();
  const place = { TEMPORAL_ADDRESS: first.address };
  const store = ['--store', 'hummingbatch'];
  const worker = desk.beginWith(place, 'worker', ...store);
  await worker.said('Worker of');
  const run = desk.beginWith(place, 'run', 'm.yaml', '--json', ...store);
  await run.said('waiting for batches/');
  const server = await readServerRecord(directory);
  process.kill(server.pid, 'SIGKILL');
  await context.expect.poll(() => isRunning(server)).toBe(false);

  const second = await bring(server.port);

  const { code, stdout, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ state: 'COMPLETED', outputs: { image: 3 } });
  expect((await desk.emulator.ledger()).jobs).toHaveLength(1);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
  await first.release();
  await second.release();
  expect(isRunning(await readServerRecord(directory))).toBe(false);
});
