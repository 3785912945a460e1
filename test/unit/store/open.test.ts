import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { getJson, getJsonLines, toJson, toJsonLines } from '../../../src/store/json.ts';
import { openStore } from '../../../src/store/open.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('opening a store', () => {
  test('creates its id once, however many processes open it at the same time', async () => {
    const root = join(await temporaryFolder(), 'deep', 'store');
    const ids = await Promise.all(Array.from({ length: 10 }, async () => (await openStore(root)).id));
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^store-[0-9a-f]{16}$/);
    expect((await openStore(root)).id).toBe(ids[0]);
    expect(JSON.parse(await readFile(join(root, 'store.json'), 'utf8'))).toEqual({ version: 2, id: ids[0] });
  });

  test('tells two stores with the same content apart', async () => {
    const folder = await temporaryFolder();
    const [one, other] = [await openStore(join(folder, 'a')), await openStore(join(folder, 'b'))];
    expect(one.id).not.toBe(other.id);
  });

  test.each(['', '{}', '{"id":"../../x"}', '[1', 'null'])(
    'refuses a store.json with the content %j',
    async (content) => {
      const root = await temporaryFolder();
      await openStore(root);
      await writeFile(join(root, 'store.json'), content);
      await expect(openStore(root)).rejects.toMatchObject({ code: 'store-corrupt' });
    },
  );

  test.each([1, 3])('refuses a store of version %i, and leaves it unchanged', async (version) => {
    const root = await temporaryFolder();
    const content = JSON.stringify({ version, id: 'store-0123456789abcdef' });
    await writeFile(join(root, 'store.json'), content);
    await expect(openStore(root)).rejects.toMatchObject({
      code: 'store-version',
      message: `The store ${root} has version ${version}; this hummingbatch reads version 2.`,
    });
    expect(await readFile(join(root, 'store.json'), 'utf8')).toBe(content);
  });

  test.each(['s3://bucket/x', 'gs://bucket', 'https://host/x'])('refuses %s and names it', async (url) => {
    await expect(openStore(url)).rejects.toMatchObject({
      code: 'store-unsupported',
      message: expect.stringContaining(url),
    });
  });

  test('deletes temporary files that are older than a day, and no others', async () => {
    const root = await temporaryFolder();
    await openStore(root);
    const hours = async (name: string, age: number) => {
      const path = join(root, '.tmp', name);
      await writeFile(path, 'half');
      const then = new Date(Date.now() - age * 3_600_000);
      await utimes(path, then, then);
    };
    await hours('old', 25);
    await hours('young', 23);
    await openStore(root);
    expect(await readdir(join(root, '.tmp'))).toEqual(['young']);
  });

  // The kernel lets no user create folders there, not even root.
  test.runIf(process.platform === 'linux')('fails as store-unwritable without permission', async () => {
    await expect(openStore('/sys/hummingbatch')).rejects.toMatchObject({ code: 'store-unwritable' });
  });
});

describe('JSON in a store', () => {
  test('is read as it was written, as one value and as lines', async () => {
    const store = await openStore(await temporaryFolder());
    await store.put('one.json', toJson({ a: [1, 'ü'] }));
    await store.put('many.jsonl', toJsonLines([{ a: 1 }, { b: 'x\ny' }]));
    expect(await getJson(store, 'one.json')).toEqual({ a: [1, 'ü'] });
    expect(await getJsonLines(store, 'many.jsonl')).toEqual([{ a: 1 }, { b: 'x\ny' }]);
    expect(await getJson(store, 'none.json')).toBeUndefined();
    expect(await getJsonLines(store, 'none.jsonl')).toBeUndefined();
  });

  test('that is not valid fails as store-corrupt and names the file', async () => {
    const store = await openStore(await temporaryFolder());
    await store.put('broken.json', '{"a":1}\n{"b":');
    const corrupt = { code: 'store-corrupt', message: expect.stringContaining('broken.json') };
    await expect(getJson(store, 'broken.json')).rejects.toMatchObject(corrupt);
    await expect(getJsonLines(store, 'broken.json')).rejects.toMatchObject(corrupt);
  });
});
