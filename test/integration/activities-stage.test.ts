import { describe, expect, test } from 'vitest';
import type { StoredReference } from '../../src/activities/batch-files.ts';
import type { StagedFile } from '../../src/activities/staging/staged-file.ts';
import { requestLine } from '../../src/batch/request-line.ts';
import type { Manifest } from '../../src/contract/index.ts';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import type { Gemini } from '../../src/gemini/index.ts';
import { getJson } from '../../src/store/json.ts';
import {
  addReference,
  BATCH,
  begin,
  buildManifest,
  catchFailure,
  computeSha256,
  HOUR,
  item,
  newWorker,
  picture,
  places,
  readText,
} from './activities-kit.ts';

const ROUND = { batchId: BATCH, where: {}, round: 1 };
const MINUTE = 60_000;

/** A prepared batch of three outputs with two contents under three names. */
async function prepared(options?: EmulatorOptions) {
  const worker = await newWorker(options);
  const { store, run, emulator } = worker;
  const [one, two] = [
    await addReference(store, await picture(1)),
    await addReference(store, await picture(2)),
  ];
  const manifest = buildManifest(
    [item('hero', { references: ['a', 'both'], count: 2 }), item('flat', { references: ['same'] })],
    { references: { a: [one], both: [one, two], same: [two] } },
  );
  await run('prepare', await begin(store, manifest));
  return {
    ...worker,
    manifest,
    stage: (round = 1) => run('stageRound', { ...ROUND, round }),
    uploads: async () => (await emulator.ledger()).uploads,
    requests: async (round = 1) => getJson<StagedFile>(store, places.round(round).staged),
  };
}

describe('stageRound', () => {
  test('uploads each content once, however many names and items use it, then the request file', async () => {
    const { stage, uploads } = await prepared();
    const staged = await stage();
    const made = await uploads();
    expect(made.map(({ mimeType }) => mimeType)).toEqual(['image/png', 'image/png', 'application/jsonl']);
    expect(new Set(made.map(({ sha256 }) => sha256)).size).toBe(3);
    expect(staged).toMatchObject({
      file: made[2]?.name,
      references: 2,
      bytes: made[2]?.bytes,
      uploadedBytes: made.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  });

  test('sends a line for each output, with its references in their order', async () => {
    const { stage, uploads, store, manifest } = await prepared();
    await stage();
    const known = (await getJson<Record<string, StagedFile>>(store, places.uploads)) ?? {};
    const stored = (await getJson<Record<string, StoredReference[]>>(store, places.references)) ?? {};
    const listFiles = (...names: string[]) =>
      names.flatMap((name) => stored[name] ?? []).map(({ sha256 }) => known[sha256] as StagedFile);
    const planned = (output: string, index: number, n: number) => ({
      ...{ output, item: index, n },
      ...{ key: output.split('#')[0] ?? '', fileStem: '' },
    });
    const [hero, flat] = manifest.items as [Manifest['items'][0], Manifest['items'][0]];
    const lines = [
      requestLine(manifest.model, hero, planned('hero#1', 0, 1), listFiles('a', 'both')),
      requestLine(manifest.model, hero, planned('hero#2', 0, 2), listFiles('a', 'both')),
      requestLine(manifest.model, flat, planned('flat#1', 1, 1), listFiles('same')),
    ];
    expect((await uploads()).at(-1)?.sha256).toBe(computeSha256(lines.map((line) => `${line}\n`).join('')));
  });

  test('uploads nothing when all files are fresh', async () => {
    const { stage, emulator, clock } = await prepared();
    const first = await stage();
    const { requests } = await emulator.ledger();
    clock.ahead = 24 * HOUR - MINUTE;
    expect(await stage()).toEqual({ ...first, uploadedBytes: 0 });
    expect((await emulator.ledger()).requests).toEqual(requests);
  });

  test('uploads again what has less than 24 h left, and the request file that names it', async () => {
    const { stage, uploads, requests, clock } = await prepared();
    const first = await stage();
    const before = await requests();
    clock.ahead = 24 * HOUR + MINUTE;
    const second = await stage();
    expect(await uploads()).toHaveLength(6);
    expect(second.uploadedBytes).toBe(first.uploadedBytes);
    expect(second.file).not.toBe(first.file);
    const after = await requests();
    expect(after?.sha256).not.toBe(before?.sha256);
    expect((after?.expiresAt ?? 0) - Date.now() - clock.ahead).toBeGreaterThan(47 * HOUR);
  });

  test('repeats no upload of an earlier attempt that failed', async () => {
    const { deps, run, uploads, store } = await prepared();
    let sent = 0;
    const upload: Gemini['files']['upload'] = async (...all) => {
      if (++sent > 1) throw new Error('the worker died');
      return deps.gemini.files.upload(...all);
    };
    const gemini = { ...deps.gemini, files: { ...deps.gemini.files, upload } };
    await catchFailure(run('stageRound', ROUND, { instead: { gemini } }));
    // The running upload is saved when it is done, although its attempt is over.
    const remembered = async () => JSON.parse((await readText(store, places.uploads)) ?? '{}') as object;
    await expect.poll(async () => Object.keys(await remembered())).toHaveLength(1);
    await run('stageRound', ROUND);
    const hashes = (await uploads()).map(({ sha256 }) => sha256);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes).toHaveLength(3);
  });

  test('sends only what a later round selected, and keeps its references', async () => {
    const { stage, uploads, store } = await prepared();
    await stage(1);
    await store.put(places.round(2).selection, JSON.stringify({ outputs: ['flat#1'] }));
    const staged = await stage(2);
    expect(staged.references).toBe(1);
    expect(staged.uploadedBytes).toBe(staged.bytes);
    expect(await uploads()).toHaveLength(4);
  });

  test('stops when the selection of a later round is lost, instead of paying for all outputs', async () => {
    const { stage } = await prepared();
    expect(await catchFailure(stage(2))).toMatchObject({ type: 'store-corrupt', nonRetryable: true });
  });

  test.each([places.references, places.plan, places.manifest])('stops when %s is lost', async (place) => {
    const { stage, store, uploads } = await prepared();
    await store.delete(place);
    expect(await catchFailure(stage())).toMatchObject({ type: 'store-corrupt', nonRetryable: true });
    expect(await uploads()).toEqual([]);
  });
});

describe('an upload that Google processes first', () => {
  const remote = (state: 'PROCESSING' | 'ACTIVE' | 'FAILED') => ({
    name: 'files/slow',
    uri: 'https://host/files/slow',
    mimeType: 'image/png',
    state,
    expiresAt: Date.now() + 48 * HOUR,
  });

  async function stageWith(states: ('PROCESSING' | 'ACTIVE' | 'FAILED')[], lookMs = 1000) {
    const { deps, run, clock } = await prepared();
    const files = {
      ...deps.gemini.files,
      upload: async () => remote('PROCESSING'),
      get: async () => {
        clock.ahead += lookMs;
        return remote(states.shift() ?? 'PROCESSING');
      },
    };
    return run('stageRound', ROUND, { instead: { gemini: { ...deps.gemini, files } } });
  }

  test('is waited for', async () => {
    const staged = await stageWith(['PROCESSING', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect(staged.file).toBe('files/slow');
  });

  test('is tried again later when it takes more than ten minutes', async () => {
    expect(await catchFailure(stageWith([], 11 * MINUTE))).toMatchObject({
      type: 'unavailable',
      nonRetryable: false,
    });
  });

  test('is named in the error when Google cannot use it', async () => {
    const failure = await catchFailure(stageWith(['FAILED']));
    expect(failure).toMatchObject({ type: 'file-rejected', nonRetryable: true });
    expect(failure.message).toContain('files/slow');
  });
});
