import { describe, expect, test } from 'vitest';
import { computeFingerprint, serialiseManifest } from '../../src/manifest/index.ts';
import { toJson } from '../../src/store/json.ts';
import { readStarts } from '../../src/store/starts.ts';
import { blackPng, pngChunk } from '../support/png.ts';
import {
  addReference,
  begin,
  buildManifest,
  catchFailure,
  computeSha256,
  item,
  newWorker,
  picture,
  places,
  readFiles,
  readText,
} from './activities-kit.ts';

const MANIFEST = buildManifest([item('hero', { count: 3, aspectRatio: '16:9' }), item('flat')]);

describe('prepare', () => {
  test('returns where the batch stands: outputs, price, next round, and the worker it belongs to', async () => {
    const { run, store, emulator } = await newWorker();
    const prepared = await run('prepare', await begin(store, MANIFEST));
    expect(prepared).toMatchObject({
      where: { store: store.id, endpoint: emulator.url },
      model: 'gemini-3-pro-image',
      outputs: 4,
      counts: { total: 4, image: 0, refused: 0, failed: 0, missing: 0 },
      actualUsd: 0,
      next: { round: 1, outputs: 4 },
      firstRound: 1,
      retryFollows: false,
      searchAttributes: ['BatchId'],
    });
    expect(prepared.estimatedUsd).toBeGreaterThan(4 * 0.06);
    expect(prepared.next?.worstUsd).toBeGreaterThan(prepared.estimatedUsd ?? 0);
  });

  test('gives the same result and the same files when it runs twice', async () => {
    const { run, store } = await newWorker();
    const bottle = await addReference(store, await picture(1));
    const manifest = buildManifest([item('hero', { references: ['bottle'] })], {
      references: { bottle: [bottle] },
    });
    const input = await begin(store, manifest);
    const first = await run('prepare', input);
    const files = await readFiles(store);
    expect(await run('prepare', input)).toEqual(first);
    expect(await readFiles(store)).toEqual(files);
  });

  test('notes the start of each run once, for lists, also where a reference cannot be fetched', async () => {
    const { run, store } = await newWorker();
    const references = { bottle: ['https://shop.example/bottle.png' as const] };
    const broken = buildManifest([item('hero', { references: ['bottle'] })], { references });
    const started = await begin(store, broken);
    const options = { labels: ['autumn', 'token:shop'] };
    await catchFailure(
      run('prepare', { ...started, startedAt: 5_000, input: { ...started.input, options } }),
    );
    const input = { ...(await begin(store, broken)), startedAt: 5_000 };
    await catchFailure(run('prepare', { ...input, input: { ...input.input, options } }));
    expect(await store.list('starts/')).toEqual(['starts/shop/5000-demo.json']);
    expect(await readStarts(store)).toEqual(new Map([['demo', { at: 5_000, tokens: ['token:shop'] }]]));

    // The workflow of an ended batch, started again without a retry, begins nothing.
    await store.put(places.report, toJson({ rounds: [] }));
    await catchFailure(run('prepare', { ...input, startedAt: 9_000 }));
    expect(await store.list('starts/')).toHaveLength(1);
  });

  test('keeps an existing plan, so that a newer version does not rename files of a running batch', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, MANIFEST);
    await run('prepare', input);
    const plan = (await readText(store, places.plan)) ?? '';
    await store.put(places.plan, plan.replaceAll('"hero~', '"elder~'));
    await run('prepare', input);
    expect(await readText(store, places.plan)).toContain('"elder~2"');
  });

  test('gives the jobs of each batch a random nonce, once', async () => {
    const nonces = new Set<string>();
    for (let n = 0; n < 2; n++) {
      const { run, store } = await newWorker();
      const input = await begin(store, MANIFEST);
      await Promise.all([run('prepare', input), run('prepare', input)]);
      const begun = JSON.parse((await readText(store, places.identity)) ?? '') as {
        nonce: string;
        fingerprint: string;
      };
      expect(begun.fingerprint).toBe(computeFingerprint(MANIFEST));
      nonces.add(begun.nonce);
    }
    expect(nonces.size).toBe(2);
  });

  test('keeps the fingerprint that comes with the start, and the SHA-256 of the manifest', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, MANIFEST);
    const fingerprint = 'f'.repeat(64);
    await run('prepare', { ...input, fingerprint });
    expect(JSON.parse((await readText(store, places.identity)) ?? '')).toMatchObject({
      fingerprint,
      manifestSha256: input.input.manifest.sha256,
    });
  });

  test('refuses a batch that was started with another manifest, and accepts another `run` block', async () => {
    const { run, store } = await newWorker();
    await run('prepare', await begin(store, MANIFEST));
    const before = await readText(store, places.identity);
    await run('prepare', await begin(store, { ...MANIFEST, run: { maxRounds: 1 } }));
    const other = await begin(store, { ...MANIFEST, items: [item('other')] });
    expect(await catchFailure(run('prepare', other))).toMatchObject({
      type: 'batch-conflict',
      nonRetryable: true,
    });
    expect(await readText(store, places.identity)).toBe(before);
  });

  test('asks what Temporal knows of earlier runs, unless there are none or the workflow knows it', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, MANIFEST);
    let asked = 0;
    const instead = {
      knownBefore: async () => {
        asked += 1;
        return undefined;
      },
    };
    const { known } = await run('prepare', { ...input, isFirstRun: true }, { instead });
    await run('prepare', { ...input, before: known }, { instead });
    expect(asked).toBe(0);
    await run('prepare', input, { instead });
    expect(asked).toBe(1);
  });

  const PERMIT = { round: 1, submission: 1, taken: true } as const;

  test.each([
    ['has no identity', { nonce: '0123456789ab', permits: [] }, false],
    ['has the identity of another start', { nonce: '0123456789ab', permits: [] }, true],
    ['lacks a permit', { permits: [PERMIT] }, true],
  ])(
    'refuses a store that %s, and with an operator’s word takes over what Temporal knows',
    async (_, known, isPrepared) => {
      const { run, store } = await newWorker();
      const input = await begin(store, MANIFEST);
      const own = isPrepared ? (await run('prepare', input)).known : undefined;
      const before = { nonce: '', ...own, ...known };
      const files = await readFiles(store);
      expect(await catchFailure(run('prepare', { ...input, before }))).toMatchObject({
        type: 'store-behind',
        nonRetryable: true,
      });
      expect(await readFiles(store)).toEqual(files);
      const prepared = await run('prepare', { ...input, before, mayRestore: true });
      expect(prepared.known).toEqual({ nonce: own?.nonce ?? before.nonce, permits: before.permits });
      expect(JSON.parse((await readText(store, places.identity)) ?? '')).toMatchObject({
        nonce: prepared.known.nonce,
      });
    },
  );

  test('a store that has lost the manifest too says so', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, MANIFEST);
    await store.delete(places.manifest);
    const before = { nonce: '0123456789ab', permits: [] };
    expect(await catchFailure(run('prepare', { ...input, before, mayRestore: true }))).toMatchObject({
      type: 'store-behind',
      message: expect.stringContaining('manifest.json'),
    });
  });

  test('refuses a manifest that is not the one it was started with', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, MANIFEST);
    await store.put(places.manifest, serialiseManifest({ ...MANIFEST, name: 'swapped' }));
    expect(await catchFailure(run('prepare', input))).toMatchObject({ type: 'batch-conflict' });
  });

  test('refuses a batch whose manifest is in another store', async () => {
    const { run, store } = await newWorker();
    const input = await begin(store, MANIFEST);
    await store.delete(places.manifest);
    expect(await catchFailure(run('prepare', input))).toMatchObject({
      type: 'wrong-worker',
      nonRetryable: false,
    });
  });

  test('refuses a path in a stored manifest', async () => {
    const { run, store } = await newWorker();
    const manifest = {
      ...MANIFEST,
      references: { secrets: ['/etc/passwd'] },
      items: [item('a', { references: ['secrets'] })],
    };
    const failure = await catchFailure(run('prepare', await begin(store, JSON.stringify(manifest))));
    expect(failure).toMatchObject({ type: 'manifest-invalid', nonRetryable: true });
    expect(failure.message).toContain('/etc/passwd');
  });
});

describe('a reference', () => {
  const using = (source: string) =>
    buildManifest([item('hero', { references: ['bottle'] })], {
      references: { bottle: [source as `sha256:${string}`] },
    });

  test.each(['png', 'jpeg', 'webp'] as const)('in %s is written with its type and size', async (format) => {
    const { run, store } = await newWorker();
    const content = await picture(7, format);
    const source = await addReference(store, content, format === 'jpeg' ? 'jpg' : format);
    await run('prepare', await begin(store, using(source)));
    expect(JSON.parse((await readText(store, places.references)) ?? '')).toEqual({
      bottle: [
        {
          sha256: computeSha256(content),
          place: expect.stringContaining('references/'),
          mime: `image/${format}`,
          bytes: content.length,
        },
      ],
    });
  });

  test('by URL is fetched once and stored by its content', async () => {
    const { run, store } = await newWorker();
    const content = await picture(9, 'jpeg');
    const fetched: string[] = [];
    const fetchReference = async (url: string) => {
      fetched.push(url);
      return content;
    };
    const input = await begin(store, using('https://host.example/a.jpg'));
    await run('prepare', input, { instead: { fetchReference } });
    await run('prepare', input, { instead: { fetchReference } });
    expect(fetched).toEqual(['https://host.example/a.jpg']);
    expect(
      Buffer.from((await store.get(`references/${computeSha256(content)}.jpg`)) ?? []).equals(content),
    ).toBe(true);
  });

  test('that is damaged behind a good header is refused before any upload', async () => {
    const { run, store, emulator } = await newWorker();
    const content = await picture(3, 'png', 256);
    content.fill(0x55, 60, content.length - 30);
    const failure = await catchFailure(
      run('prepare', await begin(store, using(await addReference(store, content)))),
    );
    expect(failure).toMatchObject({ type: 'manifest-invalid', nonRetryable: true });
    expect((await emulator.ledger()).uploads).toEqual([]);
  });

  test.each([
    ['no image', Buffer.from('<html>not found</html>')],
    ['empty', Buffer.alloc(0)],
  ])('that is %s is refused, without the signature of its URL', async (_, content) => {
    const { run, store } = await newWorker();
    const input = await begin(store, using('https://host.example/a.png?signature=s3cret'));
    const failure = await catchFailure(
      run('prepare', input, { instead: { fetchReference: async () => content } }),
    );
    expect(failure).toMatchObject({ type: 'manifest-invalid' });
    expect(failure.message).toContain('https://host.example/a.png');
    expect(failure.message).not.toContain('s3cret');
  });

  test('of 100 megapixels in 12 kB is not decoded: a hundred of them take no minutes', async () => {
    const { run, store } = await newWorker();
    const huge = blackPng(20_000, 5_000).subarray(0, -12);
    const fetchReference = async (url: string) =>
      Buffer.concat([huge, pngChunk('tEXt', Buffer.from(url)), pngChunk('IEND', Buffer.alloc(0))]);
    const urls = Array.from({ length: 100 }, (_, n) => `https://host.example/${n}.png` as const);
    const references = Object.fromEntries(urls.map((url, n) => [`r${n}`, [url]]));
    const items = Object.keys(references).map((name) => item(name, { references: [name] }));
    const input = await begin(store, buildManifest(items, { references }));
    const since = performance.now();
    await run('prepare', input, { instead: { fetchReference } });
    // Decoding one took 2.5 s of processor time and 130 MB; its checksums take 1 ms.
    expect(performance.now() - since).toBeLessThan(20_000);
  });

  test('that is missing in the store is refused', async () => {
    const { run, store } = await newWorker();
    const failure = await catchFailure(run('prepare', await begin(store, using(`sha256:${'0'.repeat(64)}`))));
    expect(failure).toMatchObject({ type: 'manifest-invalid' });
  });

  test('whose bytes do not match its SHA-256 stops the batch', async () => {
    const { run, store } = await newWorker();
    const source = await addReference(store, await picture(1));
    await store.put(`references/${source.slice(7)}.png`, await picture(2));
    expect(await catchFailure(run('prepare', await begin(store, using(source))))).toMatchObject({
      type: 'store-corrupt',
    });
  });
});
