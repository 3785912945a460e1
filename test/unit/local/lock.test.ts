import { spawnSync } from 'node:child_process';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { withLock } from '../../../src/local/lock.ts';
import { readIdentity } from '../../../src/local/process.ts';
import { folder } from './folder.ts';

const DEAD = { pid: spawnSync(process.execPath, ['-e', '']).pid, startTime: 'then' };

describe('the lock', () => {
  test('has one holder at a time, also after a dead holder', async () => {
    const home = await folder();
    await writeFile(join(home, 'lock.3'), JSON.stringify(DEAD));
    let inside = 0;
    let most = 0;
    const contenders = Array.from({ length: 12 }, () =>
      withLock(home, undefined, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await setImmediate();
        inside -= 1;
      }),
    );
    await Promise.all(contenders);
    expect(most).toBe(1);
    expect(await readdir(home)).toEqual(['lock.15.ended']);
  });

  test('is free again after a failure', async () => {
    const home = await folder();
    const failing = withLock(home, undefined, async () => {
      throw new Error('it failed');
    });
    await expect(failing).rejects.toThrow('it failed');
    expect(await withLock(home, undefined, async () => 'next')).toBe('next');
  });

  test('gives a late process no turn that another had while it slept', async () => {
    const home = await folder();
    // Both names of one number: what a latecomer makes that looked before turn 5 was taken and ended.
    await writeFile(join(home, 'lock.5.ended'), JSON.stringify(DEAD));
    await writeFile(join(home, 'lock.5'), JSON.stringify(readIdentity(process.pid)));
    expect(await withLock(home, undefined, () => readdir(home))).toEqual(['lock.6']);
  });

  test('waits for a turn that is being written, and not for one that was never written', async () => {
    const home = await folder();
    await writeFile(join(home, 'lock.1'), '');
    // Long enough for several looks: none of them may take the turn.
    const waiting = withLock(home, AbortSignal.timeout(100), async () => 'mine');
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });

    const before = new Date(Date.now() - 11_000);
    await utimes(join(home, 'lock.1'), before, before);
    expect(await withLock(home, undefined, async () => 'mine')).toBe('mine');
  });

  test('waits for a holder elsewhere while that one renews its turn, and for 30 s when it does not', async () => {
    const home = await folder();
    const turn = join(home, 'lock.4');
    await writeFile(turn, JSON.stringify({ ...readIdentity(process.pid), place: 'another' }));
    const clock = vi.spyOn(performance, 'now');
    let seconds = 0;
    // It renews in time for an hour.
    clock.mockImplementation(() => 1000 * seconds);
    const renewing = setInterval(() => void utimes(turn, 1, (seconds += 20)), 20);
    const waiting = withLock(home, AbortSignal.timeout(1_500), async () => 'mine');
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    clearInterval(renewing);
    expect(seconds).toBeGreaterThan(120);

    clock.mockReturnValueOnce(0).mockReturnValueOnce(29_000).mockReturnValue(31_000);
    expect(await withLock(home, undefined, async () => 'mine')).toBe('mine');
    clock.mockRestore();
    expect(await readdir(home)).toEqual(['lock.5.ended']);
  });

  test('is renewed while it is held', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const home = await folder();
    await withLock(home, undefined, async () => {
      const turn = join(home, 'lock.1');
      await utimes(turn, 1, 1);
      vi.advanceTimersByTime(5_000);
      await expect.poll(async () => (await stat(turn)).mtimeMs).toBeGreaterThan(1_000);
    });
  });

  test('names its holder after two minutes', async () => {
    const home = await folder();
    await writeFile(join(home, 'lock.1'), JSON.stringify(readIdentity(process.pid)));
    const now = vi.spyOn(Date, 'now');
    const start = Date.now();
    now.mockReturnValueOnce(start).mockReturnValue(start + 121_000);
    const waiting = withLock(home, undefined, async () => 'mine');
    await expect(waiting).rejects.toMatchObject({
      code: 'no-temporal',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    now.mockRestore();
  });
});
