import { afterAll, beforeAll, expect, test } from 'vitest';
import { retryUpdate, setBudgetUpdate } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import { createSkippedTime, type SkippedTime } from './support/skipped-time.ts';

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const RETRY = { id: 'again-1', uri: batchPlaces('b').retry('again-1') };

test('a retry of an ended batch begins after its last round and has rounds of its own', async () => {
  const batch = await time.start(
    { prepared: [{ next: { round: 4, outputs: 3 }, firstRound: 4 }], left: [1, 1, 1] },
    { retry: RETRY, options: { maxRounds: 2 } },
  );
  expect(await batch.result()).toMatchObject({ rounds: 2 });
  expect(
    batch.google
      .inputsOf('collectRound')
      .map(({ round, firstRound, maxRounds }) => [round, firstRound, maxRounds]),
  ).toEqual([
    [4, 4, 5],
    [5, 4, 5],
  ]);
  expect(batch.google.inputsOf('report')[0]).toMatchObject({ retryId: 'again-1', state: 'ended' });
});

test('a retry first finishes the round that an earlier run left open, under its old number', async () => {
  const batch = await time.start(
    {
      there: true,
      prepared: [
        { next: { round: 1, outputs: 10, submitted: true }, retryFollows: true },
        { next: { round: 2, outputs: 3 }, firstRound: 2 },
      ],
      // The retry decides about the outputs that the old round would have tried again.
      left: [7],
    },
    { retry: RETRY },
  );
  await batch.result();
  expect(batch.google.posts.map(({ round }) => round)).toEqual([2]);
  expect(batch.google.inputsOf('collectRound').map(({ round, firstRound }) => [round, firstRound])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('a retry that was done before returns its result and does nothing', async () => {
  const counts = { total: 10, image: 10, refused: 0, failed: 0, missing: 0 };
  const finished = {
    batchId: 'done',
    state: 'COMPLETED',
    outputs: counts,
    rounds: 2,
    jobs: ['batches/a', 'batches/b'],
    costUsd: { estimated: 1, actual: 1 },
  } as const;
  const batch = await time.start(
    { prepared: [{ finished: { ...finished, jobs: [...finished.jobs] }, counts }] },
    { batchId: 'done', retry: RETRY },
  );
  expect(await batch.result()).toEqual(finished);
  expect(batch.google.steps()).toEqual(['prepare']);
  expect(await batch.progress()).toMatchObject({ state: 'COMPLETED', outputs: counts });
});

test('a retry with nothing left to do only reports', async () => {
  const batch = await time.start({ prepared: [{ next: undefined }] }, { retry: RETRY });
  await batch.result();
  expect(batch.google.steps()).toEqual(['prepare', 'report', 'cleanUp']);
});

test.each([
  [{ outcomes: ['failed'] }, 'retry.id is missing: it must be 1 to 60 letters, digits, `-` and `_`.'],
  [{ id: '../x' }, 'retry.id must be 1 to 60 letters, digits, `-` and `_`.'],
  [{ id: 'a', outcomes: ['broken'] }, 'retry.outcomes[0] must be one of image, refused, failed, missing.'],
  [
    { id: 'a', flags: 'wrong-ratio' },
    'retry.flags must be a list of flags: wrong-ratio, wrong-size, interim-only, duplicate-answer, mime-mismatch.',
  ],
  [{ id: 'a', key: ['hero'] }, '"key" is not a known field in retry.'],
  [{ id: 'a', keys: Array(201).fill('hero') }, 'retry.keys must be a list of at most 200 keys or outputs.'],
])('refuses the retry %j before any step, and says why', async (retry, message) => {
  const batch = await time.start({}, { retry: retry as never });
  await expect(batch.result()).rejects.toMatchObject({
    cause: { type: 'usage', message: expect.stringContaining(message) },
  });
  expect(batch.google.steps()).toEqual([]);
});

test('a run without a manifest in its input takes over the saved options', async () => {
  const batch = await time.start(
    {
      prepared: [
        { options: { maxCostUsd: 0.01, labels: ['autumn'] }, next: { round: 1, outputs: 3, worstUsd: 1 } },
      ],
    },
    { retry: { id: 'again-2' } },
  );
  await expect.poll(async () => (await batch.progress()).stop?.code).toBe('over-budget');
  expect(await batch.progress()).toMatchObject({ maxCostUsd: 0.01, labels: ['autumn'] });
  expect(batch.google.posts).toEqual([]);
});

test('a workflow whose id is not that of its batch ends before it does anything', async () => {
  const other = await time.start({}, { batchId: 'batch-elsewhere' });
  await other.result();
  const handle = await time.startAs('image-batch/typo', other.batchId);
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      type: 'usage',
      message: expect.stringContaining('must be image-batch/batch-elsewhere, and not image-batch/typo'),
    },
  });
});

test('a budget that is set before prepare wins over the saved one', async () => {
  const batch = await time.start({
    failures: { prepare: ['store-corrupt'] },
    prepared: [{ options: { maxCostUsd: 9 } }],
    worstUsd: 1,
  });
  await batch.until(({ state }) => state === 'NEEDS_ATTENTION', 0);
  await batch.update(setBudgetUpdate, { maxCostUsd: 5 });
  await batch.update(retryUpdate);
  await batch.result();
  expect(await batch.progress()).toMatchObject({ state: 'COMPLETED', maxCostUsd: 5 });
});
