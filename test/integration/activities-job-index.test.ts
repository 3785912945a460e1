import { describe, expect, test } from 'vitest';
import type { BatchIdentity } from '../../src/activities/batch-files.ts';
import { HummingbatchError } from '../../src/contract/index.ts';
import { jobPlace } from '../../src/contract/places.ts';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import type { Gemini } from '../../src/gemini/index.ts';
import { getJson } from '../../src/store/json.ts';
import type { Store } from '../../src/store/store.ts';
import { BATCH, begin, buildManifest, item, newWorker, places } from './activities-kit.ts';
import { wireClient } from './emulator-kit.ts';

const WHERE = { batchId: BATCH, where: {} };
const SUBMIT = { ...WHERE, round: 1, submission: 1 };
const FIND = { ...WHERE, round: 1, pauseMs: 10 };

/** A batch whose first round is staged. */
async function staged(options?: EmulatorOptions) {
  const worker = await newWorker(options);
  const { run, store, deps, emulator } = worker;
  await run('prepare', await begin(store, buildManifest([item('hero')])));
  const { file } = await run('stageRound', { ...WHERE, round: 1 });
  const { nonce } = (await getJson<BatchIdentity>(store, places.identity)) as BatchIdentity;
  const wire = wireClient(emulator.url);
  const list: Gemini['jobs']['list'] = async function* () {};
  return {
    ...worker,
    nonce,
    /** Creates a job at Google by hand. */
    made: async (displayName: string) =>
      (await wire.createFromFile(file, 'gemini-3-pro-image', { displayName })).json.name as string,
    blind: { gemini: { ...deps.gemini, jobs: { ...deps.gemini.jobs, list } } },
    indexed: () => store.list('jobs/'),
    whose: async (job: string) => getJson(store, jobPlace(job) ?? ''),
  };
}

const OURS = { batchId: BATCH };

describe('the index of jobs in the store', () => {
  test('has a job once it is created, also when the attempt that created it was killed', async () => {
    const { run, whose, indexed, store } = await staged();
    const { job } = (await run('createJob', SUBMIT)) as { job: string };
    expect(await whose(job)).toEqual(OURS);
    await store.delete(jobPlace(job) ?? '');
    expect((await run('createJob', SUBMIT)).kind).toBe('created');
    expect(await whose(job)).toEqual(OURS);
    expect(await indexed()).toHaveLength(1);
  });

  test('has every job of the round that a search finds, and no job of others', async () => {
    const { run, made, nonce, whose, indexed } = await staged();
    const found = await made(`hb/${BATCH}/${nonce}/r1.1`);
    const extra = await made(`hb/${BATCH}/${nonce}/r1.2`);
    await made('another’s');
    await run('findJob', FIND);
    expect([await whose(found), await whose(extra)]).toEqual([OURS, OURS]);
    expect(await indexed()).toHaveLength(2);
  });

  test('has a job that an operator named, if it is ours', async () => {
    const { run, made, nonce, store, whose, indexed, blind } = await staged();
    await store.putIfAbsent(places.round(1).permit(1), JSON.stringify({ displayName: 'x', at: 1 }));
    const theirs = await made('another’s');
    await run('findJob', { ...FIND, named: theirs }, { instead: blind });
    expect(await indexed()).toEqual([]);
    const ours = await made(`hb/${BATCH}/${nonce}/r1.1`);
    await run('findJob', { ...FIND, named: ours }, { instead: blind });
    expect(await whose(ours)).toEqual(OURS);
  });

  test('has a straggler that a check finds', async () => {
    const { run, made, nonce, whose } = await staged();
    const { job } = (await run('createJob', SUBMIT)) as { job: string };
    const twin = await made(`hb/${BATCH}/${nonce}/r1.1`);
    const times = { submittedAt: Date.now(), minIntervalMs: 30_000, maxIntervalMs: 1_800_000 };
    await run('checkJob', { ...FIND, ...times, search: 'now', job });
    expect(await whose(twin)).toEqual(OURS);
  });
});

test('is not needed to create and find the job', async () => {
  const { run, store, indexed } = await staged();
  const full: Store = {
    ...store,
    put: (key, data) =>
      key.startsWith('jobs/')
        ? Promise.reject(new HummingbatchError('disk-full', 'The disk is full.'))
        : store.put(key, data),
  };
  const made = await run('createJob', SUBMIT, { instead: { store: full } });
  expect(made.kind).toBe('created');
  const { found } = await run('findJob', FIND, { instead: { store: full } });
  expect(found).toEqual({ job: (made as { job: string }).job, submission: 1 });
  expect(await indexed()).toEqual([]);
});

test('does not write a known entry again', async () => {
  const { run, store } = await staged();
  await run('createJob', SUBMIT);
  const writes: string[] = [];
  const put: Store['put'] = async (key) => void writes.push(key);
  await run('findJob', FIND, { instead: { store: { ...store, put } } });
  expect(writes).toEqual([]);
});

test.each([
  'batches/../../x',
  'batches/a/b',
  'batches/',
  'batches/a.json',
  'files/a',
  'a',
  '',
  `batches/${'x'.repeat(101)}`,
  'batches/a\n',
])('%j has no place in the index', (name) => {
  expect(jobPlace(name)).toBeUndefined();
});
