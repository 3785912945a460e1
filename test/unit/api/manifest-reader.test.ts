import { expect, onTestFinished, test } from 'vitest';
import { createManifestReader, type ReaderLimits } from '../../../src/api/manifest-reader.ts';

const HEAD = 'name: a\nmodel: nano-banana-pro\n';
const SMALL = `${HEAD}items: [{ key: a, prompt: x }]\n`;
/** Takes a second and 100 MB. */
const LARGE = `${HEAD}items:\n${Array.from({ length: 1000 }, (_, n) => `  - key: k${n}\n    prompt: x\n    metadata: { a: [${'1,'.repeat(100)}] }\n`).join('')}`;

function openReader(limits?: Partial<ReaderLimits>, missing: readonly string[] = []) {
  const asked: string[][] = [];
  const reader = createManifestReader({ memoryMb: 512, maxMs: 60_000, ...limits });
  const findMissing = async (sha256s: readonly string[]) => {
    asked.push([...sha256s]);
    return new Set(missing);
  };
  onTestFinished(() => reader.close());
  const read = (text: string, signal = new AbortController().signal) =>
    reader.read(
      { manifest: { file: 'm.yaml', format: 'yaml', content: Buffer.from(text) }, files: [], findMissing },
      signal,
    );
  return { read, asked };
}

test('reads manifests one after another and at the same time', async () => {
  const { read } = openReader();
  const texts = [LARGE, SMALL, `${HEAD}items: []\n`, SMALL, SMALL];
  const results = await Promise.all(texts.map((text) => read(text)));
  expect(results.map(({ ok }) => ok)).toEqual([true, true, false, true, true]);
  expect(await read(SMALL)).toMatchObject({
    ok: true,
    manifest: { items: [{ key: 'a' }] },
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('asks once which contents are missing', async () => {
  const [there, gone] = ['a'.repeat(64), 'b'.repeat(64)];
  const { read, asked } = openReader({}, [gone]);
  const references = `references: { r: [sha256:${there}, sha256:${gone}, sha256:${gone}] }\n`;
  expect(await read(`${HEAD}${references}items: [{ key: a, prompt: x, references: [r] }]\n`)).toMatchObject({
    ok: false,
    problems: [{ code: 'reference-missing' }, { code: 'reference-missing' }],
  });
  expect(asked).toEqual([[there, gone]]);
});

test('refuses a manifest that takes too much memory, and reads the next one', async () => {
  const { read } = openReader({ memoryMb: 24 });
  await expect(read(LARGE)).rejects.toMatchObject({
    code: 'too-large',
    message: 'Reading the manifest needed more than 24 MB of memory.',
  });
  expect(await read(SMALL)).toMatchObject({ ok: true });
});

test('refuses a manifest that takes too long', async () => {
  const { read } = openReader({ maxMs: 100 });
  await expect(read(LARGE)).rejects.toMatchObject({
    code: 'too-large',
    message: 'Reading the manifest took more than 0.1 s.',
  });
});

test('stops reading when nobody waits for the result, and gives the threads to others', async () => {
  const { read } = openReader();
  const gone = new AbortController();
  const reason = new Error('gone');
  // Two are read, two wait.
  const readings = Promise.allSettled(Array.from({ length: 4 }, () => read(LARGE, gone.signal)));
  const next = read(SMALL);
  gone.abort(reason);
  expect(await readings).toEqual(Array.from({ length: 4 }, () => ({ status: 'rejected', reason })));
  expect(await next).toMatchObject({ ok: true });
});
