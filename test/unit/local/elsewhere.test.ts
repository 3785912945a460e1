import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { requireUsersHere } from '../../../src/local/elsewhere.ts';
import { readIdentity } from '../../../src/local/process.ts';
import { type ServerRecord, writeRecordNow } from '../../../src/local/record.ts';
import { makeUsersPipe } from '../../../src/local/users.ts';
import { folder } from './folder.ts';

const HERE = readIdentity(process.pid);
/** Of the same number here a process runs: this one. */
const ANOTHER_MACHINE = { ...HERE, place: 'b007ed00:4026531836' };
const ANOTHER_CONTAINER = { ...HERE, place: `${HERE.place?.split(':')[0]}:1` };

describe('a store whose server was used elsewhere', () => {
  test('is free where its lease is not renewed for 30 s: a machine that was restarted blocks nobody', async () => {
    const home = await folder();
    await writeLease(home, ANOTHER_MACHINE);
    const own = await writeLease(home, HERE);
    const said: string[] = [];
    const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValueOnce(29_000);
    onTestFinished(() => clock.mockRestore());
    clock.mockReturnValue(31_000);
    await requireUsersHere({ directory: home, log: (sentence) => void said.push(sentence) });
    expect(said).toEqual([expect.stringContaining('Watching for 30 s')]);
    expect(await readdir(join(home, 'leases'))).toEqual([own]);
  });

  test('is refused where its lease is renewed, with what to do', async () => {
    const home = await folder();
    const lease = join(home, 'leases', await writeLease(home, ANOTHER_MACHINE));
    const renewing = setInterval(() => void utimes(lease, new Date(), new Date()), 20);
    onTestFinished(() => clearInterval(renewing));
    await expect(requireUsersHere({ directory: home, log: () => undefined })).rejects.toMatchObject({
      code: 'temporal-elsewhere',
      message: expect.stringContaining(`process ${process.pid} of another container or machine`),
      fix: expect.stringContaining('TEMPORAL_ADDRESS'),
    });
  });

  test('is free where the lease is released meanwhile', async () => {
    const home = await folder();
    const lease = join(home, 'leases', await writeLease(home, ANOTHER_MACHINE));
    const checking = requireUsersHere({ directory: home, log: () => void rm(lease) });
    await expect(checking).resolves.toBeUndefined();
  });

  test('is not waited for once that is interrupted', async () => {
    const home = await folder();
    await writeLease(home, ANOTHER_MACHINE);
    const signal = AbortSignal.timeout(50);
    const waiting = requireUsersHere({ directory: home, log: () => undefined, signal });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe.skipIf(process.platform !== 'linux')('a store whose server was used in another container', () => {
  test('is refused at once while its server is watched, and free at once when it is not', async () => {
    const home = await folder();
    await writeLease(home, ANOTHER_CONTAINER);
    const record = writeRecord(home);
    const pipe = await makeUsersPipe(home, record.token, { env: process.env, graceMs: 1 });
    const check = () => requireUsersHere({ directory: home, log: () => expect.unreachable() });
    await expect(check()).rejects.toMatchObject({ code: 'temporal-elsewhere' });

    pipe?.readEnd.close();
    pipe?.close();
    await check();
    expect(await readdir(join(home, 'leases'))).toEqual([]);
  });
});

async function writeLease(home: string, holder: object): Promise<string> {
  const name = `${randomUUID()}.json`;
  await mkdir(join(home, 'leases'), { recursive: true });
  await writeFile(join(home, 'leases', name), JSON.stringify(holder));
  return name;
}

function writeRecord(home: string): ServerRecord {
  const ports = { port: 7233, uiPort: 8233 };
  const record = { ...ANOTHER_CONTAINER, ...ports, token: randomUUID(), namespace: 'default', watched: true };
  writeRecordNow(home, record);
  return record;
}
