import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitKey } from '../../../src/store/keys.ts';
import { openStore } from '../../../src/store/open.ts';
import { property } from '../../support/property.ts';
import { temporaryFolder } from './temporary-folder.ts';

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

async function newStore() {
  const root = join(await temporaryFolder(), 'store');
  return { root, store: await openStore(root) };
}

test('a store that disappears while a value is written gets no empty folder in its place', async () => {
  const { root, store } = await newStore();
  const content = async function* () {
    yield Buffer.from('abc');
    await rename(root, `${root}-away`);
  };
  await expect(store.put('a/b', content())).rejects.toMatchObject({ code: 'store-missing' });
  await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('a value', () => {
  test('is read as it was written, at once and as a stream, from text, bytes and a stream', async () => {
    const { store } = await newStore();
    const long = Buffer.alloc(700_000, 'abc');
    const stream = async function* () {
      yield long.subarray(0, 300_000);
      yield long.subarray(300_000);
    };
    await store.put('a/text', 'grün');
    await store.put('a/bytes', long);
    await store.put('a/stream', stream());
    expect(text(await store.get('a/text'))).toBe('grün');
    for (const key of ['a/bytes', 'a/stream']) {
      const pieces: Uint8Array[] = [];
      for await (const piece of store.read(key)) pieces.push(piece);
      expect(pieces.length).toBeGreaterThan(1);
      expect(Buffer.concat(pieces).equals(long)).toBe(true);
      expect(await store.head(key)).toEqual({ bytes: 700_000 });
    }
  });

  test('is replaced by put, and by putAll as one of several', async () => {
    const { store } = await newStore();
    await store.put('one', '1');
    await store.putAll([
      { key: 'one', data: 'first' },
      { key: 'deep/er/two', data: 'second' },
    ]);
    expect(text(await store.get('one'))).toBe('first');
    expect(text(await store.get('deep/er/two'))).toBe('second');
  });

  test('can be staged, read in parts and then named by its content', async () => {
    const { root, store } = await newStore();
    const stream = async function* () {
      yield Buffer.from('grü');
      yield Buffer.from('n und blau');
    };
    const staged = await store.stage(stream());
    const sha256 = createHash('sha256').update('grün und blau').digest('hex');
    expect(staged).toMatchObject({ bytes: 14, sha256 });
    expect(text(await staged.read(10, 100))).toBe('blau');
    await staged.keep(`by-content/${staged.sha256}`);
    expect(text(await store.get(`by-content/${sha256}`))).toBe('grün und blau');
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('that was staged leaves nothing when it is discarded or its source fails, and keeps the error of the source', async () => {
    const { root, store } = await newStore();
    await (await store.stage(Readable.from([Buffer.from('unwanted')]))).discard();
    const gone = new Error('the sender went away');
    async function* broken() {
      yield Buffer.from('half of');
      throw gone;
    }
    await expect(store.stage(broken())).rejects.toBe(gone);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('that was never written is undefined for get and store-corrupt for read', async () => {
    const { store } = await newStore();
    expect(await store.get('no/such')).toBeUndefined();
    expect(await store.head('no/such')).toBeUndefined();
    await expect(store.read('no/such')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('no/such'),
    });
  });

  test('is gone after delete, which can be called again', async () => {
    const { store } = await newStore();
    await store.put('a/b', '1');
    await store.delete('a/b');
    await store.delete('a/b');
    expect(await store.get('a/b')).toBeUndefined();
  });
});

test('lists keys under a prefix and the folders directly under it, sorted and without temporary files', async () => {
  const { store } = await newStore();
  for (const key of ['b/2/y', 'b/10/x', 'b/1', 'bc/3', 'b/2/deep/z']) await store.put(key, '');
  expect(await store.list('b/')).toEqual(['b/1', 'b/10/x', 'b/2/deep/z', 'b/2/y']);
  expect(await store.folders('b/')).toEqual(['10', '2']);
  expect(await store.list('none/')).toEqual([]);
  expect(await store.folders('none/')).toEqual([]);
  await expect(store.list('b')).rejects.toMatchObject({ code: 'internal' });
});

describe('putIfAbsent', () => {
  test('lets exactly one of 20 simultaneous calls win, over two openings of the store', async () => {
    const { root, store } = await newStore();
    const stores = [store, await openStore(root)];
    const wins = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const won = await stores[n % 2]?.putIfAbsent('permits/1', `value of ${n}`);
        return won ? [n] : [];
      }),
    );
    const winners = wins.flat();
    expect(winners).toHaveLength(1);
    expect(text(await store.get('permits/1'))).toBe(`value of ${winners[0]}`);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('never shows half a value to a concurrent reader', async () => {
    const { store } = await newStore();
    const value = 'x'.repeat(2_000_000);
    const written = new AbortController();
    const sizes = new Set<number>();
    const watch = async () => {
      while (!written.signal.aborted) sizes.add((await store.get('big'))?.byteLength ?? 0);
    };
    const watching = watch();
    for (let n = 0; n < 10; n++) {
      await store.putIfAbsent('big', value);
      await store.put('big', value);
      await store.delete('big');
    }
    written.abort();
    await watching;
    expect([...sizes].filter((size) => size !== 0 && size !== value.length)).toEqual([]);
  });
});

describe('a key', () => {
  const evil = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc
      .array(
        fc.constantFrom(
          '..',
          '.',
          '',
          '/',
          '\\',
          '~',
          'C:',
          '%2e%2e',
          '\u0000',
          '\n',
          '．．',
          'a',
          ' ',
          '...',
          '‥',
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('')),
    fc
      .array(fc.constantFrom('..', '.', '', 'a', '.tmp', 'store.json'), { maxLength: 6 })
      .map((parts) => parts.join('/')),
  );

  property([evil])('never leaves the root nor touches what the store keeps for itself', (key) => {
    const root = resolve('/some/store');
    let segments: string[];
    try {
      segments = splitKey(key);
    } catch (error) {
      expect(error).toMatchObject({ code: 'internal' });
      return;
    }
    const path = resolve(root, ...segments);
    expect(path.startsWith(root + sep)).toBe(true);
    expect(path.startsWith(join(root, '.tmp'))).toBe(false);
    expect(path).not.toContain('\u0000');
  });

  test.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', '.tmp/x', 'a/.hidden', 'a\\..\\b', 'C:x', ''])(
    'such as %j is refused by every call',
    async (key) => {
      const { store } = await newStore();
      const refused = { code: 'internal' };
      await expect(store.put(key, '')).rejects.toMatchObject(refused);
      await expect(store.putIfAbsent(key, '')).rejects.toMatchObject(refused);
      await expect(store.get(key)).rejects.toMatchObject(refused);
      await expect(store.head(key)).rejects.toMatchObject(refused);
      await expect(store.delete(key)).rejects.toMatchObject(refused);
      await expect(store.list(`${key}/`)).rejects.toMatchObject(refused);
      await expect(store.read(key)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
    },
  );
});

describe('a store whose folder is gone', () => {
  test('fails in every call, and is not created again', async () => {
    const { root, store } = await newStore();
    await store.put('a/b', '1');
    await rm(root, { recursive: true });
    const gone = { code: 'store-missing', message: expect.stringContaining(root) };
    await expect(store.put('a/b', '2')).rejects.toMatchObject(gone);
    await expect(store.putIfAbsent('a/c', '2')).rejects.toMatchObject(gone);
    await expect(store.get('a/b')).rejects.toMatchObject(gone);
    await expect(store.head('a/b')).rejects.toMatchObject(gone);
    await expect(store.list('a/')).rejects.toMatchObject(gone);
    await expect(store.folders('a/')).rejects.toMatchObject(gone);
    await expect(store.read('a/b')[Symbol.asyncIterator]().next()).rejects.toMatchObject(gone);
    await expect(readdir(root)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is not confused with an empty folder in its place, as for a disk that is not mounted', async () => {
    const { root, store } = await newStore();
    await rm(root, { recursive: true });
    await mkdir(root);
    await expect(store.get('a/b')).rejects.toMatchObject({ code: 'store-missing' });
    await expect(store.putIfAbsent('a/b', '1')).rejects.toMatchObject({ code: 'store-missing' });
    expect(await readdir(root)).toEqual([]);
  });
});

test('leaves no half value under a final name when the process is killed while it writes', async () => {
  const { root, store } = await newStore();
  const writer = fileURLToPath(new URL('./writer.ts', import.meta.url));
  const sizes = new Set<number>();
  for (let kill = 0; kill < 3; kill++) {
    const child = spawn(process.execPath, ['--import', 'tsx', writer, root], { stdio: 'inherit' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const before = (await store.list('w/')).length;
    await expect.poll(async () => (await store.list('w/')).length).toBeGreaterThan(before + 3 + kill);
    child.kill('SIGKILL');
    await ended;
    for (const key of await store.list('w/')) {
      const bytes = await readFile(join(root, ...key.split('/')));
      sizes.add(bytes.byteLength);
      expect(bytes.at(-1)).toBe(0x7d);
    }
  }
  expect([...sizes]).toEqual([1_000_002]);
});

test('refuses a file as a store', async () => {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, '');
  await expect(openStore(path)).rejects.toMatchObject({ code: 'store-missing' });
});
