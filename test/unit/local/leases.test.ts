import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { leasesIn } from '../../../src/local/leases.ts';
import { readIdentity } from '../../../src/local/process.ts';
import { folder } from './folder.ts';

describe('the leases', () => {
  test('count running processes and drop dead ones', async () => {
    const home = await folder();
    const leases = leasesIn(home);
    expect(await leases.count()).toBe(0);
    const [first] = [await leases.take(), await leases.take()];
    await writeFile(
      join(home, 'leases', 'dead.json'),
      JSON.stringify({ pid: process.pid, startTime: 'then' }),
    );
    expect(await leases.count()).toBe(process.platform === 'win32' ? 3 : 2);
    await first?.release();
    expect(await leases.count()).toBe(process.platform === 'win32' ? 2 : 1);
  });

  test('count a process elsewhere, whose number may be that of any process here', async () => {
    const home = await folder();
    const leases = leasesIn(home);
    const own = await leases.take();
    const file = join(home, 'leases', 'elsewhere.json');
    await writeFile(file, JSON.stringify({ ...readIdentity(process.pid), place: 'another' }));
    expect(await leases.count()).toBe(2);
    expect(await leases.elsewhere()).toMatchObject([
      { file, holder: { pid: process.pid, place: 'another' } },
    ]);
    await own.release();
    expect(await leases.mayExist()).toBe(true);
  });

  test('are renewed until they are released', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const home = await folder();
    const lease = await leasesIn(home).take();
    const [name = ''] = await readdir(join(home, 'leases'));
    const file = join(home, 'leases', name);
    await utimes(file, 1, 1);
    vi.advanceTimersByTime(5_000);
    await expect.poll(async () => (await stat(file)).mtimeMs).toBeGreaterThan(1_000);
    await lease.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('change nothing when they are only looked for, and count one that is half written', async () => {
    const home = await folder();
    const leases = leasesIn(home);
    expect(await leases.mayExist()).toBe(false);
    expect(await readdir(home)).toEqual([]);
    const own = await leases.take();
    await own.release();
    await writeFile(
      join(home, 'leases', 'dead.json'),
      JSON.stringify({ pid: process.pid, startTime: 'then' }),
    );
    expect(await leases.mayExist()).toBe(process.platform === 'win32');
    await writeFile(join(home, 'leases', 'half.json'), '{"pid":1');
    expect(await leases.mayExist()).toBe(true);
    expect(await readdir(join(home, 'leases'))).toHaveLength(2);
  });
});
