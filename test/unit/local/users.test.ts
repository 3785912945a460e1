import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { joinUsers, makeUsersPipe, probeWatchers, type UsersPipe } from '../../../src/local/users.ts';
import { samples } from '../../support/samples.ts';
import { findWatchers, killWatchers } from '../../support/watchers.ts';
import { folder } from './folder.ts';

/** How long a program gets that ignores SIGTERM, ms. */
const GRACE_MS = 1_000;

const DEAF = 'trap "" TERM; echo up; while :; do sleep 1; done';

interface Watched {
  child: ChildProcess;
  directory: string;
  token: string;
  /** This process as its first user. */
  first: UsersPipe;
}

describe.skipIf(process.platform === 'win32')('a watched program', () => {
  test('runs while one of its users is left, and ends with the last one', async () => {
    const { child, directory, token, first } = await start();
    const second = await joinUsers(directory, token, undefined);
    first.close();
    await pause(200);
    expect(hasEnded(child)).toBe(false);
    second?.close();
    await expect.poll(() => child.signalCode).toBe('SIGTERM');
    expect(await joinUsers(directory, token, undefined)).toBeUndefined();
    await expect.poll(() => readdir(directory), { timeout: 5_000 }).toEqual([]);
  });

  test('ends even if it ignores SIGTERM, and leaves no watcher', async () => {
    const { child, first } = await start(DEAF);
    first.close();
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
    await expect.poll(() => findWatchers(Number(child.pid))).toEqual([]);
  });

  test('is seen from other containers until it has ended, and takes no new user meanwhile', async () => {
    const { child, directory, token, first } = await start(DEAF);
    first.close();
    await pause(100);
    const joining = joinUsers(directory, token, undefined);
    for (const since = performance.now(); performance.now() - since < GRACE_MS / 2; await pause(20))
      expect(probeWatchers(directory, token)).toBe('alive');
    expect(hasEnded(child)).toBe(false);
    expect(await joining).toBeUndefined();
    await expect.poll(() => hasEnded(child)).toBe(true);
    expect(probeWatchers(directory, token)).toBe('unknown');
  });

  test('keeps running for a user that joins while the last one leaves, or refuses that user', async () => {
    for (let round = 0; round < samples(10, 600); round += 1) {
      const { child, directory, token, first } = await start();
      first.close();
      // The shell sees the end of the pipe after some 0.1 ms: users come before, meanwhile and later.
      waitBusily((round % 10) * 0.04);
      const joining = await joinUsers(directory, token, undefined);
      if (joining) {
        await pause(50);
        expect(hasEnded(child), 'a user that was accepted has lost the program').toBe(false);
        joining.close();
      }
      await expect.poll(() => hasEnded(child)).toBe(true);
    }
  });

  test('ends at once if the watcher that its users hold is killed', async () => {
    const { child, directory, token } = await start();
    const [watcher] = await waitForWatchers(child);
    process.kill(Number(watcher), 'SIGKILL');
    await expect.poll(() => child.signalCode).toBe('SIGTERM');
    expect(await joinUsers(directory, token, undefined)).toBeUndefined();
  });

  test('ends with its last user if only the other watcher is killed', async () => {
    const { child, first } = await start();
    const [, other] = await waitForWatchers(child);
    process.kill(Number(other), 'SIGKILL');
    await pause(200);
    expect(hasEnded(child)).toBe(false);
    first.close();
    await expect.poll(() => child.signalCode).toBe('SIGTERM');
  });

  test('is seen to be unwatched if both watchers are killed at once', async () => {
    const { child, directory, token } = await start();
    expect(probeWatchers(directory, token)).toBe('alive');
    await waitForWatchers(child);
    killWatchers(Number(child.pid));
    await expect.poll(() => probeWatchers(directory, token)).toBe('dead');
    expect(hasEnded(child)).toBe(false);
    expect(await joinUsers(directory, token, undefined)).toBeUndefined();
  });

  test('ends with its last user although its folder was deleted', async () => {
    const { child, directory, token, first } = await start();
    await rm(directory, { recursive: true });
    expect(probeWatchers(directory, token)).toBe('unknown');
    first.close();
    await expect.poll(() => child.signalCode).toBe('SIGTERM');
  });
});

async function start(script = 'echo up; exec sleep 1000'): Promise<Watched> {
  const directory = await folder();
  const token = randomUUID();
  const first = await makeUsersPipe(directory, token, { env: process.env, graceMs: GRACE_MS });
  if (!first) throw new Error('no named pipe can be made here');
  const child = spawn('/bin/sh', first.watch('/bin/sh', ['-c', script]), {
    stdio: ['ignore', 'pipe', 'ignore', first.readEnd.fd],
    detached: true,
  });
  first.readEnd.close();
  onTestFinished(() => {
    first.close();
    endGroup(child);
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, directory, token, first };
}

/** The two shells beside the program, the one that its users hold first. */
async function waitForWatchers({ pid }: ChildProcess): Promise<number[]> {
  await expect.poll(() => findWatchers(Number(pid))).toHaveLength(2);
  return findWatchers(Number(pid)).sort((one, other) => one - other);
}

function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-Number(pid), 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

function waitBusily(ms: number): void {
  for (const since = performance.now(); performance.now() - since < ms; );
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
