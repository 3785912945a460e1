import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leasesIn } from '../../../src/local/leases.ts';
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
    await leases.release(first);
    expect(await leases.count()).toBe(process.platform === 'win32' ? 2 : 1);
  });
});
