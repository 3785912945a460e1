import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Call } from '../../../src/cli/call.ts';
import { existingStore, openCallStore, readConfig } from '../../../src/cli/store.ts';
import { callIn, folder } from './call.ts';

async function open(call: Call): Promise<string> {
  return (await openCallStore(call, await readConfig(call))).location;
}

describe('the store of a call', () => {
  test('is made as ./hummingbatch where there is none, and printed once', async () => {
    const home = await folder();
    const call = callIn(home);
    expect(await open(call)).toBe(join(home, 'hummingbatch'));
    expect(await open(call)).toBe(join(home, 'hummingbatch'));
    expect(call.said).toEqual([`New store: ${join(home, 'hummingbatch')}`]);
  });

  test('is the nearest one upward, and not a folder that only has its name', async () => {
    const home = await folder();
    await open(callIn(home));
    const below = join(home, 'work', 'hummingbatch');
    await mkdir(below, { recursive: true });
    await writeFile(join(below, 'README.md'), 'the sources');
    expect(await open(callIn(join(home, 'work')))).toBe(join(home, 'hummingbatch'));
  });

  test('is a separate one with --emulator, even where one is configured', async () => {
    const home = await folder();
    const call = callIn(home, { flags: { emulator: true }, env: { HUMMINGBATCH_STORE: join(home, 'real') } });
    expect(await open(call)).toBe(join(home, 'hummingbatch-emulator'));
  });

  test('is not made by reading', async () => {
    const call = callIn(await folder());
    expect(await existingStore(call, await readConfig(call))).toBeUndefined();
  });

  test('cannot be a bucket yet', async () => {
    const call = callIn(await folder(), { flags: { store: 's3://bucket' } });
    await expect(open(call)).rejects.toMatchObject({ code: 'store-unsupported' });
  });
});
