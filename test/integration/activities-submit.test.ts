import { describe, expect, test } from 'vitest';
import type { BatchIdentity } from '../../src/activities/batch-files.ts';
import { toDisplayName } from '../../src/activities/permits.ts';
import type { SearchWhen } from '../../src/activities/types.ts';
import { HummingbatchError, type Manifest } from '../../src/contract/index.ts';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import type { Creation, Gemini } from '../../src/gemini/index.ts';
import { getJson } from '../../src/store/json.ts';
import type { Store } from '../../src/store/store.ts';
import {
  BATCH,
  begin,
  buildManifest,
  catchFailure,
  environment,
  HOUR,
  item,
  newWorker,
  places,
  readText,
} from './activities-kit.ts';
import { wireClient } from './emulator-kit.ts';

const WHERE = { batchId: BATCH, where: {} };
const SUBMIT = { ...WHERE, round: 1, submission: 1 };
const FIND = { ...WHERE, round: 1, pauseMs: 10 };
const MANIFEST = buildManifest([item('hero'), item('flat')]);

/** A batch whose first round is staged. */
async function staged(options?: EmulatorOptions, manifest: Manifest = MANIFEST) {
  const worker = await newWorker(options);
  const { run, store, deps, emulator } = worker;
  await run('prepare', await begin(store, manifest));
  await run('stageRound', { ...WHERE, round: 1 });
  const { nonce } = (await getJson<BatchIdentity>(store, places.identity)) as BatchIdentity;
  const wire = wireClient(emulator.url);
  return {
    ...worker,
    nonce,
    wire,
    jobs: async () => (await emulator.ledger()).jobs,
    /** The Gemini client with some calls replaced. */
    geminiWith: (instead: Partial<Gemini['jobs']>) => ({
      gemini: { ...deps.gemini, jobs: { ...deps.gemini.jobs, ...instead } },
    }),
    /** Creates a job at Google by hand. */
    createForeignJob: async (displayName: string) => {
      const { file } = await run('stageRound', { ...WHERE, round: 1 });
      const made = await wire.createFromFile(file, 'gemini-3-pro-image', { displayName });
      return (made.json as { name: string }).name;
    },
  };
}

const passes = async ({ emulator }: Awaited<ReturnType<typeof staged>>) =>
  (await emulator.ledger()).requests['batches.list'] ?? 0;

/** The store with some calls replaced. */
function storeWith(store: Store, instead: Partial<Store>): { store: Store } {
  return { store: { ...store, ...instead } };
}

describe.each(['createJob', 'findJob'] as const)('%s', (name) => {
  test('stops when the identity of the batch is lost, and sends nothing', async () => {
    const { run, jobs, store } = await staged();
    await store.delete(places.identity);
    const input = { createJob: SUBMIT, findJob: FIND }[name];
    expect(await catchFailure(run(name, input))).toMatchObject({ type: 'store-corrupt', nonRetryable: true });
    expect(await jobs()).toEqual([]);
  });
});

test('finds the job of a round without reading the manifest or the plan', async () => {
  const { run, store } = await staged();
  const made = (await run('createJob', SUBMIT)) as { job: string };
  await store.delete(places.manifest);
  await store.delete(places.plan);
  expect(await run('findJob', FIND)).toMatchObject({ found: { job: made.job } });
});

/** The permits of these tests have no worst case. */
const NOTHING = { reservedUsd: 0, unanswered: 0 };

describe('createJob', () => {
  test('creates the job with a display name that only this batch in this store has', async () => {
    const { run, jobs, nonce } = await staged();
    const made = await run('createJob', SUBMIT);
    expect(await jobs()).toMatchObject([
      { name: (made as { job: string }).job, displayName: `hb/${BATCH}/${nonce}/r1.1`, rows: 2 },
    ]);
  });

  test('sends one POST for several attempts at the same time', async () => {
    const { run, jobs, emulator } = await staged();
    const answers = await Promise.all([
      run('createJob', SUBMIT),
      run('createJob', SUBMIT),
      run('createJob', SUBMIT),
    ]);
    expect(await jobs()).toHaveLength(1);
    expect((await emulator.ledger()).requests['batches.create']).toBe(1);
    expect(answers.filter(({ kind }) => kind === 'refused')).toEqual([]);
    expect(answers.some(({ kind }) => kind === 'created')).toBe(true);
  });

  test('returns the recorded answer of its permit and sends nothing again', async () => {
    const { run, jobs } = await staged();
    const first = await run('createJob', SUBMIT);
    expect(first.kind).toBe('created');
    expect(await run('createJob', SUBMIT)).toEqual(first);
    expect(await jobs()).toHaveLength(1);
  });

  test('returns `unknown` for a permit without an answer, with the time when its POST is over', async () => {
    const { run, jobs, store } = await staged();
    const at = Date.now() - HOUR;
    await store.putIfAbsent(places.round(1).permit(1), JSON.stringify({ displayName: 'x', at }));
    expect(await run('createJob', SUBMIT)).toMatchObject({ kind: 'unknown', overBy: at + 30_000 });
    expect(await jobs()).toEqual([]);
  });

  test('never sends when the process stood still for more than 10 s after its permit', async () => {
    const { run, jobs, store, clock } = await staged();
    const frozen = storeWith(store, {
      async putIfAbsent(key, data) {
        const won = await store.putIfAbsent(key, data);
        if (key === places.round(1).permit(1)) clock.ahead += 10_001;
        return won;
      },
    });
    const refused = { kind: 'refused', code: 'aborted' };
    expect(await run('createJob', SUBMIT, { instead: frozen })).toMatchObject(refused);
    expect(await run('createJob', SUBMIT)).toMatchObject(refused);
    expect(await jobs()).toEqual([]);
  });

  test('sends when the process was slow for less than 10 s', async () => {
    const { run, jobs, store, clock } = await staged();
    const slow = storeWith(store, {
      async putIfAbsent(key, data) {
        const won = await store.putIfAbsent(key, data);
        if (key === places.round(1).permit(1)) clock.ahead += 9_000;
        return won;
      },
    });
    expect((await run('createJob', SUBMIT, { instead: slow })).kind).toBe('created');
    expect(await jobs()).toHaveLength(1);
  });

  test('fails without a POST when the permit cannot be written', async () => {
    const { run, jobs, store } = await staged();
    const full = storeWith(store, {
      putIfAbsent: () => Promise.reject(new HummingbatchError('disk-full', 'The disk is full.')),
    });
    expect(await catchFailure(run('createJob', SUBMIT, { instead: full }))).toMatchObject({
      type: 'disk-full',
      nonRetryable: false,
    });
    expect(await jobs()).toEqual([]);
    expect((await run('createJob', SUBMIT)).kind).toBe('created');
  });

  test('returns the job when its answer cannot be written', async () => {
    const { run, jobs, store } = await staged();
    const full = storeWith(store, {
      putIfAbsent: (key, data) =>
        key.endsWith('answer.json')
          ? Promise.reject(new HummingbatchError('disk-full', 'The disk is full.'))
          : store.putIfAbsent(key, data),
    });
    const made = await run('createJob', SUBMIT, { instead: full });
    expect(made).toEqual({ kind: 'created', job: (await jobs())[0]?.name });
  });

  test('returns `unknown` when the answer to the POST was lost, and again later', async () => {
    const { run, geminiWith, store } = await staged();
    const lost: Creation = { kind: 'unknown', error: new HummingbatchError('unreachable', 'ECONNRESET') };
    const before = Date.now();
    const answer = await run('createJob', SUBMIT, { instead: geminiWith({ create: async () => lost }) });
    expect(answer).toMatchObject({ kind: 'unknown', message: 'ECONNRESET' });
    expect((answer as { overBy: number }).overBy).toBeGreaterThanOrEqual(before);
    expect(await readText(store, places.round(1).answer(1))).toBeUndefined();
    expect((await run('createJob', SUBMIT)).kind).toBe('unknown');
  });

  test('takes no permit when the worker is stopping', async () => {
    const { run, store, jobs } = await staged();
    const env = environment();
    env.cancel('WORKER_SHUTDOWN');
    expect(await catchFailure(run('createJob', SUBMIT, { env }))).toMatchObject({
      type: 'aborted',
      nonRetryable: false,
    });
    expect(await readText(store, places.round(1).permit(1))).toBeUndefined();
    expect(await jobs()).toEqual([]);
  });

  test('waits for the answer when the worker stops during the POST', async () => {
    const { run, deps, geminiWith, store } = await staged();
    const env = environment();
    const create: Gemini['jobs']['create'] = (...all) => {
      env.cancel('WORKER_SHUTDOWN');
      return deps.gemini.jobs.create(...all);
    };
    const made = await run('createJob', SUBMIT, { env, instead: geminiWith({ create }) });
    expect(made.kind).toBe('created');
    expect(await readText(store, places.round(1).answer(1))).toContain('batches/');
  });

  test('records Google’s refusal with its message, and allows the next submission', async () => {
    const unknown = buildManifest([item('hero')], { model: 'gemini-9-image' });
    const { run } = await staged({}, unknown);
    const refused = await run('createJob', SUBMIT);
    expect(refused).toMatchObject({ kind: 'refused', code: 'model-gone' });
    expect(await run('createJob', SUBMIT)).toEqual(refused);
    expect(await run('findJob', FIND)).toEqual({ extras: [], next: 2, reserves: NOTHING });
  });

  test('returns when to try again at Google’s rate limit', async () => {
    const { run, geminiWith } = await staged();
    const error = new HummingbatchError('rate-limited', 'Quota.', { retryAfterMs: 37_000 });
    const create = async (): Promise<Creation> => ({ kind: 'refused', error });
    expect(await run('createJob', SUBMIT, { instead: geminiWith({ create }) })).toEqual({
      kind: 'refused',
      code: 'rate-limited',
      message: 'Quota.',
      retryAfterMs: 37_000,
    });
  });

  test('fails before the round is staged', async () => {
    const { run, store } = await newWorker();
    await run('prepare', await begin(store, MANIFEST));
    expect(await catchFailure(run('createJob', SUBMIT))).toMatchObject({ type: 'store-corrupt' });
    expect(await readText(store, places.round(1).permit(1))).toBeUndefined();
  });

  test('uses a display name of at most 120 ASCII characters for any batch id', () => {
    const name = toDisplayName('b'.repeat(60), '0123456789ab', 999, 999_999);
    expect(name.length).toBeLessThanOrEqual(120);
    expect(name).toMatch(/^[\x21-\x7e]+$/);
  });
});

describe('findJob', () => {
  test('finds nothing in one pass when nothing was sent', async () => {
    const world = await staged();
    expect(await world.run('findJob', FIND)).toEqual({ extras: [], next: 1, reserves: NOTHING });
    expect(await passes(world)).toBe(1);
  });

  test('finds the job of a lost answer by its name', async () => {
    const { run, createForeignJob, store, nonce } = await staged();
    await store.putIfAbsent(places.round(1).permit(1), JSON.stringify({ displayName: 'x', at: 1 }));
    const job = await createForeignJob(`hb/${BATCH}/${nonce}/r1.1`);
    expect(await run('findJob', FIND)).toEqual({
      found: { job, submission: 1 },
      extras: [],
      next: 2,
      reserves: NOTHING,
    });
  });

  test('never takes a job without our nonce, however similar its name is', async () => {
    const { run, createForeignJob, nonce } = await staged();
    const names = [
      `hb/${BATCH}/000000000000/r1.1`,
      `hb/${BATCH}/${nonce}/r10.1`,
      `hb/${BATCH}/${nonce}/r1.`,
      `hb/${BATCH}/${nonce}/r1.1x`,
      `hb/${BATCH}/${nonce}`,
      `x/hb/${BATCH}/${nonce}/r1.1`,
      '',
    ];
    for (const name of names) await createForeignJob(name);
    expect(await run('findJob', FIND)).toEqual({ extras: [], next: 1, reserves: NOTHING });
  });

  test('makes two passes after a permit, and finds a job that the first pass missed', async () => {
    const world = await staged();
    const { run, store, createForeignJob, nonce, deps, geminiWith } = world;
    await store.putIfAbsent(places.round(1).permit(1), JSON.stringify({ displayName: 'x', at: 1 }));
    const job = await createForeignJob(`hb/${BATCH}/${nonce}/r1.1`);
    let progressCache = 0;
    const list: Gemini['jobs']['list'] = async function* (signal) {
      if (++progressCache > 1) yield* deps.gemini.jobs.list(signal);
    };
    expect((await run('findJob', FIND, { instead: geminiWith({ list }) })).found).toEqual({
      job,
      submission: 1,
    });
    expect(progressCache).toBe(2);
  });

  test('returns the permit that has no answer', async () => {
    const { run, store } = await staged();
    await store.putIfAbsent(places.round(1).permit(1), JSON.stringify({ displayName: 'x', at: 12 }));
    expect(await run('findJob', FIND)).toEqual({
      extras: [],
      unanswered: { submission: 1, inARow: 1, overBy: 30_012 },
      next: 2,
      reserves: { reservedUsd: 0, unanswered: 1 },
    });
  });

  test('uses the recorded answer when LIST does not show the job', async () => {
    const { run, geminiWith } = await staged();
    const made = await run('createJob', SUBMIT);
    const list: Gemini['jobs']['list'] = async function* () {};
    const { found } = await run('findJob', FIND, { instead: geminiWith({ list }) });
    expect(found).toEqual({ job: (made as { job: string }).job, submission: 1 });
  });

  test('skips a job that is dead, and returns the next number', async () => {
    const { run, wire } = await staged({ jobSeconds: 100 });
    const made = (await run('createJob', SUBMIT)) as { job: string };
    await wire.call('POST', `/v1beta/${made.job}:cancel`, {});
    expect(await run('findJob', FIND)).toEqual({ extras: [], next: 2, reserves: NOTHING });
    await wire.call('DELETE', `/v1beta/${made.job}`);
    expect(await run('findJob', FIND)).toEqual({ extras: [], next: 2, reserves: NOTHING });
  });

  test('names a job that Google does not know any more, so that nobody pays again unasked', async () => {
    const { run, wire } = await staged({ jobSeconds: 100 });
    const { job } = (await run('createJob', SUBMIT)) as { job: string };
    await wire.call('DELETE', `/v1beta/${job}`);
    expect(await run('findJob', FIND)).toMatchObject({ extras: [], gone: [job], next: 2 });
  });

  test('returns further jobs of the round that run as extras', async () => {
    const { run, createForeignJob, nonce } = await staged();
    const second = await createForeignJob(`hb/${BATCH}/${nonce}/r1.2`);
    const first = await createForeignJob(`hb/${BATCH}/${nonce}/r1.1`);
    expect(await run('findJob', FIND)).toEqual({
      found: { job: first, submission: 1 },
      extras: [{ job: second, submission: 2 }],
      next: 3,
      reserves: NOTHING,
    });
  });

  test('adopts a job that an operator names only if its display name is ours', async () => {
    const { run, store, createForeignJob, nonce, geminiWith } = await staged();
    await store.putIfAbsent(places.round(1).permit(1), JSON.stringify({ displayName: 'x', at: 1 }));
    const list: Gemini['jobs']['list'] = async function* () {};
    const unseen = geminiWith({ list });
    const theirs = await createForeignJob('another’s');
    expect((await run('findJob', { ...FIND, named: theirs }, { instead: unseen })).found).toBeUndefined();
    const ours = await createForeignJob(`hb/${BATCH}/${nonce}/r1.1`);
    expect((await run('findJob', { ...FIND, named: ours }, { instead: unseen })).found?.job).toBe(ours);
  });
});

describe('checkJob', () => {
  const TIMES = { submittedAt: Date.now(), minIntervalMs: 30_000, maxIntervalMs: 1_800_000 };
  const CHECK = { ...FIND, ...TIMES, search: 'never' } as const;

  test('returns state, counts, result and next check from one GET', async () => {
    const { run, jobs, clock } = await staged({ jobSeconds: 100 });
    const { job } = (await run('createJob', SUBMIT)) as { job: string };
    clock.ahead += 50_000;
    expect(await run('checkJob', { ...CHECK, job })).toMatchObject({
      state: 'RUNNING',
      ended: false,
      nextCheckMs: 30_000,
    });
    clock.ahead += 60_000;
    expect(await run('checkJob', { ...CHECK, job })).toMatchObject({
      state: 'SUCCEEDED',
      ended: true,
      successful: 2,
      failed: 0,
      resultFile: expect.stringMatching(/^files\//),
    });
    expect((await jobs())[0]?.gets).toBe(2);
  });

  test.each(['garbage', undefined, '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'waits a valid time when Google gives the createTime %s',
    async (createTime) => {
      const { run, geminiWith, deps } = await staged();
      const { job } = (await run('createJob', SUBMIT)) as { job: string };
      const get: Gemini['jobs']['get'] = async (...all) => {
        const { createTime: _, ...rest } = await deps.gemini.jobs.get(...all);
        const time = Date.parse(createTime ?? '');
        return { ...rest, state: 'RUNNING', ...(Number.isFinite(time) && { createTime: time }) };
      };
      const { nextCheckMs } = await run('checkJob', { ...CHECK, job }, { instead: geminiWith({ get }) });
      expect(Number.isInteger(nextCheckMs)).toBe(true);
      expect(nextCheckMs).toBeGreaterThanOrEqual(27_000);
      expect(nextCheckMs).toBeLessThanOrEqual(1_980_000);
    },
  );

  test('fails on SUCCEEDED without a result file, because all that was paid would be lost', async () => {
    const { run, geminiWith, deps } = await staged();
    const { job } = (await run('createJob', SUBMIT)) as { job: string };
    const get: Gemini['jobs']['get'] = async (...all) => {
      const { resultFile: _, ...rest } = await deps.gemini.jobs.get(...all);
      return { ...rest, state: 'SUCCEEDED' };
    };
    expect(
      await catchFailure(run('checkJob', { ...CHECK, job }, { instead: geminiWith({ get }) })),
    ).toMatchObject({
      type: 'invalid-response',
      nonRetryable: false,
    });
  });

  test('treats an unknown state as running, and returns its spelling', async () => {
    const { run, geminiWith, deps } = await staged();
    const { job } = (await run('createJob', SUBMIT)) as { job: string };
    const get: Gemini['jobs']['get'] = async (...all) => ({
      ...(await deps.gemini.jobs.get(...all)),
      state: 'UNKNOWN',
      wireState: 'BATCH_STATE_PAUSED',
    });
    expect(await run('checkJob', { ...CHECK, job }, { instead: geminiWith({ get }) })).toMatchObject({
      state: 'UNKNOWN',
      wireState: 'BATCH_STATE_PAUSED',
      ended: false,
    });
  });
});

describe('a check that searches for the other jobs of its round', () => {
  const CHECK = { ...FIND, submittedAt: Date.now(), minIntervalMs: 30_000, maxIntervalMs: 1_800_000 };

  async function madeTwice() {
    const faults = { faults: [{ fault: 'create.twice' as const }] };
    const world = await staged({ jobSeconds: 100, faults });
    const { job } = (await world.run('createJob', SUBMIT)) as { job: string };
    const twin = (await world.jobs()).map(({ name }) => name).find((name) => name !== job);
    return { ...world, job, others: [{ job: twin, submission: 1 }] };
  }

  test('finds the twin of a job that Google created twice: at its end, or when asked', async () => {
    const { run, clock, job, others } = await madeTwice();
    const findTwin = async (search: SearchWhen) => (await run('checkJob', { ...CHECK, job, search })).others;
    expect(await findTwin('never')).toBeUndefined();
    expect(await findTwin('at-end')).toBeUndefined();
    expect(await findTwin('now')).toEqual(others);
    clock.ahead += 200_000;
    expect(await findTwin('never')).toBeUndefined();
    expect(await findTwin('at-end')).toEqual(others);
  });

  test('skips a twin that is gone, and jobs of other batches', async () => {
    const { run, wire, createForeignJob, job, others } = await madeTwice();
    await wire.call('DELETE', `/v1beta/${others[0]?.job}`);
    await createForeignJob('hb/other/0123456789ab/r1.1');
    expect((await run('checkJob', { ...CHECK, job, search: 'now' })).others).toEqual([]);
  });

  test('is tried again when LIST fails, because a job that it misses runs on and is billed', async () => {
    const { run, job, geminiWith } = await madeTwice();
    const list: Gemini['jobs']['list'] = () => {
      throw new HummingbatchError('unavailable', 'Google is out.');
    };
    const failing = run('checkJob', { ...CHECK, job, search: 'now' }, { instead: geminiWith({ list }) });
    expect(await catchFailure(failing)).toMatchObject({ type: 'unavailable', nonRetryable: false });
  });
});

test('cancelJob succeeds for a job that has ended or is gone', async () => {
  const { run, wire, clock } = await staged();
  const { job } = (await run('createJob', SUBMIT)) as { job: string };
  clock.ahead += 1000;
  await expect(run('cancelJob', { ...WHERE, job })).resolves.toBeUndefined();
  await wire.call('DELETE', `/v1beta/${job}`);
  await expect(run('cancelJob', { ...WHERE, job })).resolves.toBeUndefined();
});
