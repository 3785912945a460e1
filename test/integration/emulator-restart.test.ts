import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { getImage, requestLine, wireClient } from './emulator-kit.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emulator-restart-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** An emulator in its own process. */
async function start() {
  const entry = new URL('../../src/emulator/index.ts', import.meta.url).href;
  const program = `
    const { createEmulator } = await import(${JSON.stringify(entry)});
    const emulator = await createEmulator({ directory: process.argv[1], jobSeconds: 1 });
    console.log(emulator.url);`;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', program, directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(child.stdout, 'data');
  return {
    client: wireClient(String(line).trim()),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

it('after kill -9 a job continues, an upload resumes, and a failure of the first job is kept', async () => {
  const first = await start();
  const lines = [requestLine('a'), requestLine('b', '[fail once]')];
  const { name } = (await first.client.createFromLines(lines)).json;
  const upload = await first.client.startUpload(10);
  await first.client.sendPiece(upload.url, 0, Buffer.from('0123'), 'upload');
  await first.kill();

  const second = await start();
  try {
    await expect.poll(async () => (await second.client.call('GET', `/v1beta/${name}`)).json.done).toBe(true);
    const [a, b] = await second.client.readResult(name);
    expect(getImage(a.response)).toBeDefined();
    expect(b.error.code).toBe(13);

    const { pathname, search } = new URL(upload.url);
    const query = await second.client.call('POST', pathname + search, undefined, {
      'x-goog-upload-command': 'query',
    });
    expect(query.headers.get('x-goog-upload-size-received')).toBe('4');
    const ended = await second.client.sendPiece(pathname + search, 4, Buffer.from('456789'));
    expect(ended.json.file.sizeBytes).toBe('10');

    const again = (await second.client.createFromLines(lines)).json;
    await expect
      .poll(async () => (await second.client.call('GET', `/v1beta/${again.name}`)).json.done)
      .toBe(true);
    expect(getImage((await second.client.readResult(again.name))[1].response)).toBeDefined();
    const { jobs } = (await second.client.call('GET', '/emulator/ledger')).json;
    expect(jobs.map((job: { name: string }) => job.name)).toEqual([name, again.name]);
  } finally {
    await second.kill();
  }
});
