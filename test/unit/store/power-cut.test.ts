import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import { type DiskState, listPowerCutStates } from '../../support/power-cut.ts';
import type { RecordedDisk } from '../../support/recorded-disk.ts';
import { temporaryFolder } from './temporary-folder.ts';

const disk = await vi.hoisted(
  async (): Promise<RecordedDisk> => (await import('../../support/recorded-disk.ts')).recordDisk(),
);
vi.mock('node:fs/promises', async (original) => disk.wrap(await original()));

/** A store that is durable on the disk, with the record of its creation cleared. */
async function newStore() {
  const root = join(await temporaryFolder(), 'store');
  const store = await openStore(root);
  disk.reset();
  return { store, pathOf: (key: string) => join(root, key) };
}

/** Runs an operation, marks it as promised when it has returned, and yields every state that a power cut may leave. */
async function cutDuring(
  act: () => Promise<unknown>,
  before?: ReadonlyMap<string, Buffer>,
): Promise<DiskState[]> {
  await act();
  disk.mark('all');
  const states = [...listPowerCutStates(disk, before)];
  expect(states.length, 'there was something to lose').toBeGreaterThan(5);
  return states;
}

/** A promised value exists; before that it may exist, but never partly. */
function expectWhole(states: readonly DiskState[], path: string, value: string, old?: string): void {
  for (const { files, promised, lost } of states) {
    const found = files.get(path)?.toString();
    const allowed = promised.has('all') ? [value] : [old, value];
    expect(allowed, `${path}; lost ${lost}`).toContain(found);
  }
  const seen = new Set(states.map(({ files }) => files.get(path)?.toString()));
  expect(seen, 'both came to be').toEqual(new Set([old, value]));
}

describe('in every state that a power cut may leave', () => {
  test('a value in new folders is absent or complete, and exists once put has returned', async () => {
    const { store, pathOf } = await newStore();
    const states = await cutDuring(() => store.put('batches/autumn/images/hero.png', 'all of it'));
    expectWhole(states, pathOf('batches/autumn/images/hero.png'), 'all of it');
  });

  test('a value from a stream is absent or complete', async () => {
    const { store, pathOf } = await newStore();
    const pieces = async function* () {
      yield Buffer.from('the first, ');
      yield Buffer.from('the second');
    };
    const states = await cutDuring(() => store.put('references/a', pieces()));
    expectWhole(states, pathOf('references/a'), 'the first, the second');
  });

  test('a replaced value is the old one or the new one', async () => {
    const { store, pathOf } = await newStore();
    await store.put('report.json', 'the old one');
    disk.reset();
    const path = pathOf('report.json');
    const states = await cutDuring(
      () => store.put('report.json', 'the new one'),
      new Map([[path, Buffer.from('the old one')]]),
    );
    expectWhole(states, path, 'the new one', 'the old one');
  });

  test('a permit is absent or complete, and exists once putIfAbsent has returned true', async () => {
    const { store, pathOf } = await newStore();
    const states = await cutDuring(async () =>
      expect(await store.putIfAbsent('rounds/1/permits/1.json', 'a permit')).toBe(true),
    );
    expectWhole(states, pathOf('rounds/1/permits/1.json'), 'a permit');
  });

  test('each of several values is absent or complete, and all exist once putAll has returned', async () => {
    const { store, pathOf } = await newStore();
    const entries = ['images/a', 'images/b', 'other/c'].map((key) => ({ key, data: `value of ${key}` }));
    const states = await cutDuring(() => store.putAll(entries));
    for (const { key, data } of entries) expectWhole(states, pathOf(key), data);
  });

  test('a permit exists even if its folder was created by a process that was killed before the sync', async () => {
    const { store, pathOf } = await newStore();
    await mkdir(pathOf('rounds/1/permits'), { recursive: true });
    const states = await cutDuring(() => store.putIfAbsent('rounds/1/permits/1.json', 'a permit'));
    expectWhole(states, pathOf('rounds/1/permits/1.json'), 'a permit');
  });

  test('a checkpoint exists only with all images that it records', async () => {
    const { store, pathOf } = await newStore();
    const images = ['images/a', 'images/b'].map((key) => ({ key, data: `image ${key}` }));
    const states = await cutDuring(async () => {
      await store.putAll(images);
      await store.putIfAbsent('work/000001.json', 'a checkpoint');
    });
    expectWhole(states, pathOf('work/000001.json'), 'a checkpoint');
    for (const { files, lost } of states.filter(({ files }) => files.has(pathOf('work/000001.json')))) {
      for (const { key, data } of images) expect(files.get(pathOf(key))?.toString(), lost).toBe(data);
    }
  });
});

test('every write of the store is recorded', async () => {
  const { store, pathOf } = await newStore();
  await store.put('a/b', '1');
  expect(await readdir(pathOf('a'))).toEqual(['b']);
  expect(disk.effects.map(({ kind }) => kind)).toEqual(['name', 'data', 'folder', 'name']);
});
