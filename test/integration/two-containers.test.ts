import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, test, vi } from 'vitest';
import { startTemporal } from '../../src/local/index.ts';
import { withLock } from '../../src/local/lock.ts';
import { readRecord } from '../../src/local/record.ts';
import { probeWatchers } from '../../src/local/users.ts';
import { SHORT_LIVED } from '../support/node.ts';
import { temporalCliPath } from '../support/servers.ts';

/** As in a container: process numbers of its own; it ends whole when `unshare` is killed. Files and network are shared. */
const CONTAINER = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'];
const hasContainers = spawnSync('unshare', [...CONTAINER, 'true']).status === 0;

let cli: string;

beforeAll(async () => {
  cli = await temporalCliPath();
}, 120_000);

describe.skipIf(!hasContainers).concurrent('two containers on one store', () => {
  test('have one server: the second one is refused while the first one runs, and starts when it was killed', async ({
    expect,
    onTestFinished,
  }) => {
    const directory = await makeFolder(onTestFinished);
    const container = runInContainer('temporal-user.ts', directory, cli);
    onTestFinished(() => void container.kill('SIGKILL'));
    const { address } = JSON.parse(await readLine(container));
    const refused = { code: 'temporal-elsewhere', fix: expect.stringContaining('TEMPORAL_ADDRESS') };
    await expect(startServer(directory)).rejects.toMatchObject(refused);
    // The refusal has not harmed the first one.
    const again = runInContainer('temporal-user.ts', directory, cli);
    expect(await text(again.stderr as NodeJS.ReadableStream)).toContain('temporal-elsewhere');
    expect(container.exitCode ?? container.signalCode).toBeNull();

    container.kill('SIGKILL');
    await once(container, 'exit');
    const { token = '' } = (await readRecord(directory)) ?? {};
    await expect.poll(() => probeWatchers(directory, token)).not.toBe('alive');
    const since = performance.now();
    const temporal = await startServer(directory);
    expect(performance.now() - since, 'no wait for a sign of life').toBeLessThan(25_000);
    expect(temporal.address).toBe(address);
    await temporal.release();
  });

  test('share the lock: it is waited for while its holder lives in the other one, and for 30 s when that was killed', async ({
    expect,
    onTestFinished,
  }) => {
    const directory = await makeFolder(onTestFinished);
    const container = runInContainer('lock-holder.ts', directory);
    onTestFinished(() => void container.kill('SIGKILL'));
    await readLine(container);
    const take = (signal?: AbortSignal) => withLock(directory, signal, async () => 'mine');
    await expect(take(AbortSignal.timeout(1_000))).rejects.toMatchObject({ name: 'AbortError' });

    container.kill('SIGKILL');
    await once(container, 'exit');
    const now = performance.now.bind(performance);
    let skippedMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + skippedMs);
    const taking = take();
    setTimeout(() => (skippedMs = 31_000), 1_000);
    expect(await taking).toBe('mine');
    clock.mockRestore();
  });
});

function startServer(directory: string) {
  const namespace = { namespace: 'default', searchAttributes: {}, retentionHours: 24 };
  return startTemporal({ directory, cli, ...namespace, env: process.env, log: () => undefined });
}

function runInContainer(script: string, ...args: string[]): ChildProcess {
  const path = join(import.meta.dirname, '../support', script);
  const node = [process.execPath, ...SHORT_LIVED, '--import', 'tsx', path, ...args];
  return spawn('unshare', [...CONTAINER, ...node], { stdio: 'pipe' });
}

async function readLine({ stdout }: ChildProcess): Promise<string> {
  const [line] = await once(createInterface(stdout as NodeJS.ReadableStream), 'line');
  return String(line);
}

async function makeFolder(onFinished: (clean: () => Promise<void>) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hummingbatch-containers-'));
  onFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
