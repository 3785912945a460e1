import { describe, expect, test } from 'vitest';
import type { ImageBatchInput } from '../../src/contract/index.ts';
import { toJson, toJsonLines } from '../../src/store/json.ts';
import {
  BATCH,
  begin,
  buildManifest,
  catchFailure,
  item,
  newWorker,
  places,
  readText,
} from './activities-kit.ts';

const MANIFEST = buildManifest([item('hero'), item('flat')]);
const RECORDS = [
  { output: 'hero#1', key: 'hero', outcome: 'image', flags: ['wrong-ratio'] },
  { output: 'flat#1', key: 'flat', outcome: 'refused', flags: [] },
];

/** A batch that was prepared with a budget and ended after one round. */
async function runToEnd() {
  const worker = await newWorker();
  const { store, run } = worker;
  const first = await begin(store, MANIFEST);
  await run('prepare', { ...first, input: { ...first.input, options: { maxCostUsd: 4 } } });
  await store.put(
    places.round(1).collected,
    toJson({ jobs: [], unanswered: [], anomalies: [], strayUsd: 0 }),
  );
  await store.put(places.results, toJsonLines(RECORDS));
  await store.put(places.report, toJson({ batchId: BATCH, rounds: [{ round: 1 }] }));
  const prepare = (input: Omit<ImageBatchInput, 'batchId'>) =>
    run('prepare', { batchId: BATCH, where: {}, input: { batchId: BATCH, ...input } });
  return { ...worker, prepare };
}

describe('a retry as plain JSON', () => {
  test.each([
    [{ outcomes: ['refused'] as const }, ['flat#1'], false],
    [{ keys: ['hero'] }, ['hero#1'], true],
    [{ keys: ['flat#1'] }, ['flat#1'], true],
    [{ flags: ['wrong-ratio'] as const }, ['hero#1'], true],
  ])('selects outputs by %j and begins the next round for them', async (choice, outputs, anew) => {
    const { prepare, store } = await runToEnd();
    expect(await prepare({ retry: { id: 'fix-1', ...choice } })).toMatchObject({
      next: { round: 2, outputs: 1 },
      firstRound: 2,
    });
    expect(JSON.parse((await readText(store, places.retry('fix-1'))) ?? '')).toEqual({ outputs, anew });
  });

  test('keeps its selection even if the records change later', async () => {
    const { prepare, store } = await runToEnd();
    const request = { retry: { id: 'fix-1', outcomes: ['refused'] as const } };
    const first = await prepare(request);
    await store.put(places.results, toJsonLines([]));
    expect(await prepare(request)).toEqual(first);
  });

  test('that selects no output is refused and writes nothing', async () => {
    const { prepare, store } = await runToEnd();
    const before = await store.list(`${places.folder}/`);
    const { type, message } = await catchFailure(prepare({ retry: { id: 'fix-1', keys: ['herro'] } }));
    expect([type, message]).toEqual([
      'wrong-state',
      'There is nothing to retry in the batch demo: it has no output herro.',
    ]);
    // The default selection is failed and missing outputs; there are none.
    expect((await catchFailure(prepare({ retry: { id: 'fix-2' } }))).message).toContain(
      'no output matches the choice',
    );
    expect(await store.list(`${places.folder}/`)).toEqual(before);
  });

  test('that is sent again after a later retry does nothing', async () => {
    const { prepare, store } = await runToEnd();
    const request = { retry: { id: 'fix-1', outcomes: ['refused'] as const } };
    await prepare(request);
    await store.put(
      places.round(2).collected,
      toJson({ jobs: [], unanswered: [], anomalies: [], strayUsd: 0 }),
    );
    const later = {
      batchId: BATCH,
      retryId: 'fix-2',
      rounds: [{ round: 1 }, { round: 2 }, { round: 3 }],
      jobs: [],
      costUsd: {},
    };
    await store.put(places.report, toJson(later));
    expect((await prepare(request)).finished).toBeDefined();
  });

  test('of a batch that never ended continues it', async () => {
    const { run, store } = await newWorker();
    await run('prepare', await begin(store, MANIFEST));
    const input = { batchId: BATCH, retry: { id: 'fix-1', keys: ['hero'] } };
    const prepared = await run('prepare', { batchId: BATCH, where: {}, input });
    expect(prepared).toMatchObject({ next: { round: 1, outputs: 2 }, retryFollows: false });
  });

  test('uses the last options of the batch, except for its own', async () => {
    const { prepare, store } = await runToEnd();
    const retry = { id: 'fix-1', keys: ['hero'] };
    expect((await prepare({ retry })).options).toEqual({ maxCostUsd: 4 });
    expect((await prepare({ retry, options: { maxCostUsd: 9 } })).options).toEqual({ maxCostUsd: 9 });
    expect(JSON.parse((await readText(store, places.options)) ?? '')).toEqual({ maxCostUsd: 9 });
  });

  test('uses the options of the manifest if none were saved, and ignores null', async () => {
    const { run, store } = await newWorker();
    await begin(store, buildManifest([item('hero')], { run: { maxCostUsd: 2, labels: ['autumn'] } }));
    const options = { maxCostUsd: null, maxRounds: 1 } as unknown as ImageBatchInput['options'];
    const input = { batchId: BATCH, ...(options && { options }) };
    const expected = { maxCostUsd: 2, labels: ['autumn'], maxRounds: 1 };
    expect((await run('prepare', { batchId: BATCH, where: {}, input })).options).toEqual(expected);
    expect(JSON.parse((await readText(store, places.options)) ?? '')).toEqual(expected);
  });
});
