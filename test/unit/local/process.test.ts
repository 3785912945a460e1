import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  endProcess,
  isElsewhere,
  isRunning,
  parseIdentity,
  readIdentity,
  startTimeFromPs,
} from '../../../src/local/process.ts';

const WAITS = 'process.stdout.write("up"); setInterval(() => {}, 1000)';

describe('a process', () => {
  test('runs until it ends', async () => {
    const { child, pid } = await start(WAITS);
    const identity = readIdentity(pid);
    expect(isRunning(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
  });

  test.skipIf(process.platform === 'win32')('is not another one that has its number now', async () => {
    const { pid } = await start(WAITS);
    expect(isRunning({ ...readIdentity(pid), startTime: 'another time' })).toBe(false);
  });

  test.skipIf(process.platform !== 'linux')('that is dead and not yet buried does not run', async () => {
    // The shell starts a process, says its number, and becomes a program that never asks what became of it. The process ends
    // only then, for some shells ask.
    const child = 'while [ "$(cat /proc/$$/comm)" != sleep ]; do :; done';
    const shell = spawn('sh', ['-c', `(${child}) & echo $!; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void shell.kill('SIGKILL'));
    const [line] = await once(shell.stdout, 'data');
    await expect.poll(() => isRunning({ pid: Number(line) })).toBe(false);
    expect(() => process.kill(Number(line), 0)).not.toThrow();
    expect(startTimeFromPs(Number(line))).toBeUndefined();
  });

  test.skipIf(process.platform === 'win32')(
    'has one start time by ps too, and none when it is gone',
    async () => {
      const { child, pid } = await start(WAITS);
      expect(startTimeFromPs(pid)).toMatch(/^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/);
      expect(startTimeFromPs(pid)).toBe(startTimeFromPs(pid));
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(startTimeFromPs(pid)).toBeUndefined();
    },
  );

  test.skipIf(process.platform === 'win32')('that does not listen is ended all the same', async () => {
    const { child, pid } = await start(`process.on('SIGTERM', () => {}); ${WAITS}`);
    expect(await endProcess(readIdentity(pid), 200)).toBe(true);
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
  });

  test('that has ended gets no signal', async () => {
    expect(await endProcess({ pid: process.pid, startTime: 'another time' }, 200)).toBe(true);
  });

  test.each([
    [{ pid: 12, startTime: 'a:1', place: 'a:4026531836' }],
    [{ pid: 12, place: 'a-machine' }],
    [{ pid: 12, startTime: 'a:1' }],
    [{ pid: 12 }],
  ])('is read as it was written: %o', (identity) => {
    expect(JSON.parse(JSON.stringify(parseIdentity(JSON.stringify(identity))))).toEqual(identity);
  });

  test('elsewhere does not run here, whatever has its number here', async () => {
    const identity = readIdentity(process.pid);
    expect([isElsewhere(identity), isRunning(identity)]).toEqual([false, true]);
    const elsewhere = { ...identity, place: `${identity.place}1` };
    expect([isElsewhere(elsewhere), isRunning(elsewhere)]).toEqual([true, false]);
    expect(await endProcess(elsewhere, 200)).toBe(true);
  });

  test.each(['', '{"pid":12', 'null', '{"pid":"12"}'])('is not read from %j', (text) => {
    expect(parseIdentity(text)).toBeUndefined();
  });
});

async function start(script: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return { child, pid: Number(child.pid) };
}
