import { describe, expect, test } from 'vitest';
import type { Prepared, ReportInput } from '../../src/activities/types.ts';
import { HummingbatchError, type OutputRecord, type Report } from '../../src/contract/index.ts';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import { parseManifest } from '../../src/manifest/index.ts';
import { getJson, getJsonLines } from '../../src/store/json.ts';
import {
  addReference,
  BATCH,
  begin,
  buildManifest,
  catchFailure,
  environment,
  item,
  newWorker,
  picture,
  places,
  readFiles,
  readText,
} from './activities-kit.ts';

const WHERE = { batchId: BATCH, where: {} };
const STARTED = Date.parse('2026-11-22T12:00:00Z');
const REPORT: ReportInput = {
  ...WHERE,
  state: 'ended',
  options: {},
  startedAt: STARTED,
  jobs: [],
  notes: [],
};

const ITEMS = [
  item('hero', { count: 2, aspectRatio: '16:9', references: ['bottle'], metadata: { sku: 'B-204' } }),
  item('bad', { prompt: 'x [refuse]', seed: 7 }),
  item('gone', { prompt: 'x [missing]', count: 2, references: ['bottle'] }),
];

/** A batch whose first round is collected. */
async function collected(options?: EmulatorOptions, model = 'gemini-3-pro-image', items = ITEMS) {
  const worker = await newWorker(options);
  const { run, store, clock } = worker;
  const bottle = await addReference(store, await picture(1));
  const manifest = buildManifest(items, { model, references: { bottle: [bottle], unused: [bottle] } });
  const input = await begin(store, manifest);
  await run('prepare', input);
  const round = { ...WHERE, round: 1 };
  await run('stageRound', round);
  const submitted = await run('createJob', { ...round, submission: 1 });
  if (submitted.kind !== 'created') throw new Error(`it was not made: ${submitted.message}`);
  clock.ahead += 1000;
  const check = {
    ...{ submittedAt: 0, minIntervalMs: 1, maxIntervalMs: 1 },
    search: 'never',
    pauseMs: 1,
  } as const;
  const status = await run('checkJob', { ...round, ...check, job: submitted.job });
  const { job, state, resultFile = '', successful, failed } = status;
  await run('collectRound', {
    ...{ ...round, firstRound: 1, maxRounds: 1, weCancelled: false },
    jobs: [{ job, state, resultFile, expectedLines: successful + failed }],
  });
  return {
    ...worker,
    ...{ job, input },
    report: (more: Partial<ReportInput> = {}) => run('report', { ...REPORT, ...more }),
    records: async () => (await getJsonLines<OutputRecord>(store, places.results)) ?? [],
    summary: async () => (await getJson<Report>(store, places.report)) as Report,
  };
}

describe('report', () => {
  test('writes exactly one record for each output, in the order of the manifest', async () => {
    const { report, records, job } = await collected();
    const result = await report();
    expect(result).toMatchObject({
      state: 'COMPLETED_WITH_FAILURES',
      outputs: { total: 5, image: 2, refused: 1, failed: 0, missing: 2 },
      rounds: 1,
    });
    const written = await records();
    expect(written.map(({ output, outcome }) => `${output} ${outcome}`)).toEqual([
      'hero#1 image',
      'hero#2 image',
      'bad#1 refused',
      'gone#1 missing',
      'gone#2 missing',
    ]);
    expect(written[0]).toMatchObject({
      file: 'images/hero~1.jpg',
      round: 1,
      job,
      metadata: { sku: 'B-204' },
      flags: [],
    });
    expect(written[2]).toMatchObject({
      reason: 'prohibited-content',
      retryable: false,
      message: expect.any(String),
    });
  });

  test('writes one record for each output that no round asked for', async () => {
    const { run, store } = await newWorker();
    await run('prepare', await begin(store, buildManifest([item('a', { count: 3 })])));
    expect((await run('report', REPORT)).outputs).toMatchObject({ total: 3, missing: 3 });
    expect(await getJsonLines(store, places.results)).toHaveLength(3);
  });

  test('writes the missing outputs as a complete manifest that parses again, with references', async () => {
    const { report, store } = await collected();
    await report();
    const parsed = parseManifest((await readText(store, places.failed)) ?? '', {
      file: 'failed.json',
      format: 'json',
    });
    expect(parsed).toMatchObject({
      ok: true,
      manifest: {
        parent: BATCH,
        items: [
          { key: 'bad', count: 1, seed: 7 },
          { key: 'gone', count: 2, references: ['bottle'] },
        ],
      },
    });
    expect(parsed.ok && Object.keys(parsed.manifest.references)).toEqual(['bottle']);
  });

  test('leaves no failed.json when nothing failed, not even an earlier one', async () => {
    const { report, store } = await collected({}, undefined, [item('a')]);
    await store.put(places.failed, '{}');
    expect((await report()).state).toBe('COMPLETED');
    expect(await readText(store, places.failed)).toBeUndefined();
  });

  test('costs the sum of its records, and counts every answer in them', async () => {
    const { report, records, summary } = await collected();
    await report({ estimatedUsd: 0.5 });
    const { costUsd } = await summary();
    const sum = (await records()).reduce((all, record) => all + record.costUsd, 0);
    expect(costUsd.actual).toBeCloseTo(sum, 6);
    expect(costUsd.actual).toBeGreaterThan(2 * 0.067);
    expect(costUsd).toMatchObject({ estimated: 0.5, difference: expect.closeTo(costUsd.actual - 0.5, 6) });
  });

  test('notes that a price is unknown, so that a cost of 0 does not look free', async () => {
    const { run, store } = await newWorker();
    await run('prepare', await begin(store, buildManifest([item('a')], { model: 'gemini-9-image' })));
    await run('report', REPORT);
    const { anomalies } = (await getJson<Report>(store, places.report)) as Report;
    expect(anomalies).toEqual([expect.stringMatching(/no price for gemini-9-image/)]);
  });

  test('gives the same files when it runs twice, except for the time', async () => {
    const { report, store } = await collected();
    const instead = { notes: ['a note'] };
    const first = await report(instead);
    const files = await readFiles(store);
    expect(await report(instead)).toEqual(first);
    const times = (tree: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(tree).map(([key, text]) => [
          key,
          text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
        ]),
      );
    expect(times(await readFiles(store))).toEqual(times(files));
  });

  test('is written last: a batch that crashed in it has not ended', async () => {
    const { run, store, input, report } = await collected();
    const put: typeof store.put = (key, data) =>
      key === places.report
        ? Promise.reject(new HummingbatchError('disk-full', 'Full.'))
        : store.put(key, data);
    const attempt = run('report', REPORT, { instead: { store: { ...store, put } } });
    expect(await catchFailure(attempt)).toMatchObject({ type: 'disk-full' });
    expect(await readText(store, places.results)).toBeDefined();
    expect((await run('prepare', input)).finished).toBeUndefined();
    const result = await report();
    expect((await run('prepare', input)).finished).toEqual(result);
  });

  test('lists the first 200 anomalies and counts the others', async () => {
    const { report, summary } = await collected();
    await report({ notes: Array.from({ length: 300 }, (_, n) => `note ${n}`) });
    const { anomalies } = await summary();
    expect(anomalies).toHaveLength(201);
    expect(anomalies.at(-1)).toBe('and 100 more');
  });

  test('writes a page on which names and messages are only text', async () => {
    const { run, store } = await newWorker();
    const name = `<script>alert(1)</script>"'&`;
    await run('prepare', await begin(store, buildManifest([item('a')], { name })));
    await run('report', { ...REPORT, notes: ['<img src=x onerror=alert(1)>'] });
    const page = (await readText(store, places.page)) ?? '';
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&#60;script&#62;');
  });

  test('reports a cancelled batch as cancelled', async () => {
    const { report } = await collected();
    expect((await report({ state: 'cancelled' })).state).toBe('CANCELLED');
  });
});

describe('prepare of a batch that was started before', () => {
  const retry = (
    store: { put(key: string, data: string): Promise<void> },
    id: string,
    outputs: string[],
    anew = false,
  ) => store.put(places.retry(id), JSON.stringify({ outputs, anew }));

  test('continues a round that has a permit, whatever Temporal remembers', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, buildManifest([item('a'), item('b')]));
    await run('prepare', input);
    await run('stageRound', { ...WHERE, round: 1 });
    await run('createJob', { ...WHERE, round: 1, submission: 1 });
    expect((await run('prepare', input)).next).toMatchObject({ round: 1, outputs: 2, submitted: true });
  });

  test('continues with the next round that the last collection chose', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, buildManifest([item('a'), item('b')]));
    await run('prepare', input);
    const round = { ...WHERE, round: 1, firstRound: 1, maxRounds: 3, weCancelled: false };
    const job = { job: 'batches/x', state: 'EXPIRED', expectedLines: 0 } as const;
    const { next } = await run('collectRound', { ...round, jobs: [job] });
    const again: Prepared = await run('prepare', input);
    expect(again.next).toEqual(next);
    expect(again.counts).toMatchObject({ total: 2, missing: 2 });
  });

  test('starts a retry once, with the outputs that have no image yet', async () => {
    const { run, store, input, report } = await collected();
    await report();
    await retry(store, 'r1', ['hero#1', 'gone#1', 'gone#2']);
    const retried = { ...input, input: { ...input.input, retry: { id: 'r1', uri: places.retry('r1') } } };
    const first = await run('prepare', retried);
    expect(first).toMatchObject({ next: { round: 2, outputs: 2 }, firstRound: 2, retryFollows: false });
    expect(await run('prepare', retried)).toEqual(first);
  });

  test('replaces images when the retry asks for it', async () => {
    const { run, store, input, report } = await collected();
    await report();
    await retry(store, 'r1', ['hero#1'], true);
    const retried = { ...input, input: { ...input.input, retry: { id: 'r1', uri: places.retry('r1') } } };
    expect((await run('prepare', retried)).next).toMatchObject({ round: 2, outputs: 1 });
  });

  test('finishes an open round before a retry', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, buildManifest([item('a')]));
    await run('prepare', input);
    await run('stageRound', { ...WHERE, round: 1 });
    await run('createJob', { ...WHERE, round: 1, submission: 1 });
    await retry(store, 'r1', ['a#1']);
    const retried = { ...input, input: { ...input.input, retry: { id: 'r1', uri: places.retry('r1') } } };
    expect(await run('prepare', retried)).toMatchObject({ next: { round: 1 }, retryFollows: true });
  });
});

describe('cleanUp', () => {
  test('deletes the uploaded files at Google, and succeeds when they are gone', async () => {
    const { run, emulator } = await collected();
    await run('cleanUp', WHERE);
    const deletions = (await emulator.ledger()).requests['files.delete'];
    expect(deletions).toBe(2);
    await run('cleanUp', WHERE);
    expect((await emulator.ledger()).requests['files.delete']).toBe(deletions);
  });

  test('succeeds when another client deleted the files', async () => {
    const { run, emulator, deps, store } = await collected();
    for (const { name } of (await emulator.ledger()).uploads) {
      await deps.gemini.files.delete(name, new AbortController().signal);
    }
    await run('cleanUp', WHERE);
    expect(await readText(store, places.uploads)).toBeUndefined();
    expect(await readText(store, places.round(1).staged)).toBeUndefined();
  });
});

describe('any step', () => {
  const STEPS = [
    'prepare',
    'stageRound',
    'findJob',
    'createJob',
    'checkJob',
    'collectRound',
    'report',
    'cancelJob',
    'cleanUp',
  ] as const;

  test.each(STEPS)(
    '%s of another store, endpoint or key is left alone before anything is done',
    async (name) => {
      const { run, store, emulator } = await newWorker();
      const input = await begin(store, buildManifest([item('a')]));
      const files = await readFiles(store);
      for (const where of [
        { store: 'store-0000000000000000' },
        { store: store.id, endpoint: 'https://elsewhere.example' },
        { store: store.id, endpoint: emulator.url, keyFingerprint: 'another-key' },
      ]) {
        const everything = {
          ...input,
          where,
          round: 1,
          submission: 1,
          job: 'batches/x',
          jobs: [],
          pauseMs: 1,
        };
        expect(await catchFailure(run(name, everything as never))).toMatchObject({
          type: 'wrong-worker',
          nonRetryable: false,
        });
      }
      expect(await readFiles(store)).toEqual(files);
      expect((await emulator.ledger()).requests).toEqual({});
    },
  );

  test('runs when the batch belongs to this worker', async () => {
    const { run, store, emulator } = await newWorker();
    const where = { store: store.id, endpoint: emulator.url };
    await expect(
      run('prepare', { ...(await begin(store, buildManifest([item('a')]))), where }),
    ).resolves.toBeDefined();
  });

  test('ends as cancelled with its batch, and is tried again when its worker stops', async () => {
    for (const [reason, failure] of [
      ['CANCELLED', { name: 'CancelledFailure' }],
      ['WORKER_SHUTDOWN', { type: 'aborted', nonRetryable: false }],
    ] as const) {
      const { run, deps, store } = await newWorker();
      await run('prepare', await begin(store, buildManifest([item('a')])));
      const env = environment();
      const upload = async () => {
        env.cancel(reason);
        throw new Error('the connection was closed');
      };
      const gemini = { ...deps.gemini, files: { ...deps.gemini.files, upload } };
      const attempt = run('stageRound', { ...WHERE, round: 1 }, { env, instead: { gemini } });
      await expect(attempt).rejects.toMatchObject(failure);
    }
  });

  test('fails with code, message and fix, and without the cause', async () => {
    const { run, deps } = await newWorker();
    const cause = new Error('a secret');
    const error = new HummingbatchError('unavailable', 'Later.', { cause, retryAfterMs: 99 * 3_600_000 });
    const gemini = { ...deps.gemini, jobs: { ...deps.gemini.jobs, cancel: () => Promise.reject(error) } };
    const failure = await catchFailure(
      run('cancelJob', { ...WHERE, job: 'batches/x' }, { instead: { gemini } }),
    );
    expect(failure).toMatchObject({
      type: 'unavailable',
      message: 'Later.',
      details: [{ fix: expect.any(String) }],
    });
    expect(failure.cause).toBeUndefined();
    // Google's Retry-After counts up to half an hour.
    expect(failure.nextRetryDelay).toBe(30 * 60_000);
  });

  test('sends a heartbeat at once and repeats it while it works', async () => {
    const { run, deps } = await newWorker();
    const env = environment();
    const beats: unknown[] = [];
    env.on('heartbeat', (details) => beats.push(details));
    const cancel = async () => {
      await expect.poll(() => beats.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    };
    const gemini = { ...deps.gemini, jobs: { ...deps.gemini.jobs, cancel } };
    await run('cancelJob', { ...WHERE, job: 'batches/x' }, { env, instead: { gemini } });
    expect(beats.length).toBeGreaterThanOrEqual(2);
  });
});
