import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { BatchProgress } from '../../src/contract/index.ts';
import { createDesk, manifestText } from './cli-kit.ts';

const TOKEN = 'cli-secret-cli-secret-0';

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
  }
}

/** The address that a command says it serves the API at. */
function apiIn(said: string): string {
  return /API: (http:\/\/\S+)/.exec(said)?.[1] ?? '';
}

describe('up', () => {
  test('serves the API, too, makes its batches, and ends while a client reads events', async () => {
    const desk = await createDesk();
    const up = desk.begin('up', '--emulator', '--listen', '127.0.0.1:8493');
    let heard = '';
    up.child.stderr?.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    await up.said('Ctrl-C');
    const url = apiIn(heard);
    expect(url).toBe('http://127.0.0.1:8493');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const started = await fetch(`${url}/v1/batches?batchId=over-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: manifestText('over-up'),
    });
    expect(started.status).toBe(201);
    const look = async () => (await (await fetch(`${url}/v1/batches/over-up`)).json()) as BatchProgress;
    expect(await until(look, ({ endedAt }) => endedAt !== undefined)).toMatchObject({
      state: 'COMPLETED',
      outputs: { image: 3 },
    });

    const more = await fetch(`${url}/v1/batches?batchId=over-up-2`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: manifestText('over-up-2'),
    });
    expect(more.status).toBe(201);
    const stream = await fetch(`${url}/v1/batches/over-up-2/events`);
    expect(stream.status).toBe(200);
    up.child.kill('SIGINT');
    const { code } = await up.ended;
    expect(code).toBe(0);
    await stream.text().catch(() => undefined);
  });
});

test('up finishes the requests that are open when it ends', async () => {
  const desk = await createDesk();
  const up = desk.begin('up', '--emulator', '--listen', '127.0.0.1:8495');
  await up.said('Ctrl-C');
  const start = (n: number) =>
    fetch(`http://127.0.0.1:8495/v1/batches?batchId=ending-${n}`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: manifestText('ending'),
    }).then(({ status }) => status);
  expect(await start(0)).toBe(201);
  const under = Array.from({ length: 12 }, (_, n) => start(n + 1));
  await Promise.race(under);
  up.child.kill('SIGINT');
  expect(new Set(await Promise.all(under))).toEqual(new Set([201]));
  expect((await up.ended).code).toBe(0);
});

describe('api', () => {
  const elsewhere = () =>
    createDesk({ TEMPORAL_ADDRESS: inject('temporal'), HUMMINGBATCH_TASK_QUEUE: 'no-recipient' });

  test('does not listen beyond this machine without a token, and does with one', async () => {
    const desk = await elsewhere();
    const refused = await desk.run(['api', '--listen', '0.0.0.0:8494', '--json']);
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'usage', fix: expect.stringContaining('HUMMINGBATCH_API_TOKENS') },
    });
    const api = desk.beginWith(
      { HUMMINGBATCH_API_TOKENS: `shop=${TOKEN}` },
      'api',
      '--listen',
      '0.0.0.0:8494',
    );
    await api.said('Ctrl-C');
    expect((await fetch('http://127.0.0.1:8494/v1/batches')).status).toBe(401);
    expect((await fetch('http://127.0.0.1:8494/healthz')).status).toBe(200);
    const unready = await fetch('http://127.0.0.1:8494/readyz');
    expect({ status: unready.status, ...((await unready.json()) as object) }).toMatchObject({
      status: 503,
      code: 'no-worker',
    });
    const authorization = `Bearer ${TOKEN}`;
    const listed = await fetch('http://127.0.0.1:8494/v1/batches', { headers: { authorization } });
    expect(await listed.json()).toEqual({ batches: [] });
    api.child.kill('SIGTERM');
    const { code, stdout, stderr } = await api.ended;
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  test('does not show a malformed token, and names its position', async () => {
    const desk = await elsewhere();
    for (const tokens of [`shop=${TOKEN},short=abc`, `shop=${TOKEN},Shop=${TOKEN}`, `${TOKEN},x`]) {
      const { code, stdout, stderr } = await desk.run(['api', '--json'], { HUMMINGBATCH_API_TOKENS: tokens });
      expect(code).toBe(2);
      expect(stdout).toMatch(/entry [12] is malformed/);
      expect(stdout + stderr).not.toContain(TOKEN);
    }
  });

  test('fails where the named address is taken, and takes another port without a named one', async () => {
    const desk = await elsewhere();
    // Unless another program uses it already.
    const other = createServer().listen(8480, '127.0.0.1');
    await once(other, 'listening').catch(() => undefined);
    onTestFinished(() => void other.close());
    const named = await desk.run(['api', '--listen', '127.0.0.1:8480', '--json']);
    expect(named.code).toBe(2);
    expect(named.stdout).toContain('EADDRINUSE');
    const unnamed = desk.begin('api', '--json');
    await unnamed.said('Ctrl-C');
    unnamed.child.kill('SIGTERM');
    const { stdout } = await unnamed.ended;
    const { url } = JSON.parse(stdout) as { url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(url).not.toBe('http://127.0.0.1:8480');
  });

  test('explains how to get a Temporal server without one', async () => {
    const desk = await createDesk();
    const { code, stdout } = await desk.run(['api', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'no-temporal', actions: [{ action: 'start-local', command: 'hummingbatch up' }] },
    });
  });
});
