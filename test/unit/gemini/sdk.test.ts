import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createEmulator, type Fault } from '../../../src/emulator/index.ts';
import { createGemini, type Gemini } from '../../../src/gemini/index.ts';

const KEY = 'key-of-the-test';
const { signal } = new AbortController();

async function withJobs(count: number, faults: Fault[] = []) {
  const emulator = await createEmulator({ keys: [KEY], images: 'plain', faults: { faults } });
  onTestFinished(() => emulator.close());
  const gemini = createGemini({ baseUrl: emulator.url, apiKey: KEY });
  const line = Buffer.from('{"key":"a","request":{"contents":[{"parts":[{"text":"a lake"}]}]}}');
  const file = await gemini.files.upload(
    {
      ...{ displayName: 'lines', mimeType: 'application/jsonl', bytes: line.byteLength },
      chunks: async function* (offset) {
        yield line.subarray(offset);
      },
    },
    signal,
    () => undefined,
  );
  const create = (name: string) =>
    gemini.jobs.create('gemini-3-pro-image', name, file.name, () => true, signal);
  const names = Array.from({ length: count }, (_, n) => `job-${n}`);
  for (const name of names) expect(await create(name)).toMatchObject({ kind: 'created' });
  return { gemini, emulator, file, names };
}

async function list(gemini: Gemini): Promise<string[]> {
  const names: string[] = [];
  for await (const { displayName } of gemini.jobs.list(signal)) names.push(displayName);
  return names.toSorted();
}

describe('the list of jobs', () => {
  test.each<[string, number, Fault[]]>([
    ['one page', 2, []],
    ['an empty first page', 2, [{ fault: 'list.empty', match: { nth: 1 } }]],
    ['three empty pages in a row', 2, [{ fault: 'list.empty', match: { nth: [1, 2, 3] } }]],
    // A page has 100 jobs.
    ['an empty page in the middle', 102, [{ fault: 'list.empty', match: { nth: 2 } }]],
    ['an empty last page', 2, [{ fault: 'list.empty-last' }]],
    ['an empty token at the end', 2, [{ fault: 'list.empty-token' }]],
  ])('has each job once, with %s', async (_, count, faults) => {
    const { gemini, names } = await withJobs(count, faults);
    expect(await list(gemini)).toEqual(names.toSorted());
  });

  test('is empty for a project without jobs, also where that is a page of its own', async () => {
    const { gemini } = await withJobs(0, [{ fault: 'list.empty', match: { nth: 1 } }]);
    expect(await list(gemini)).toEqual([]);
    expect(await list(gemini)).toEqual([]);
  });
});

describe('variables of the environment', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** All that the installed SDK reads. */
  async function readVariables(): Promise<string[]> {
    const source = await readFile(createRequire(import.meta.url).resolve('@google/genai'), 'utf8');
    const read = /(?:getEnv\(['"]|env(?:Vars|\(\))\.|process\.env(?:\.|\[['"]))([A-Z][A-Z_]+)/g;
    return [...new Set([...source.matchAll(read)].flatMap(([, name]) => name ?? []))];
  }

  test('that the SDK reads change nothing, and are left as they are', async () => {
    const warn = vi.spyOn(console, 'warn');
    const names = await readVariables();
    expect(names).toEqual(
      expect.arrayContaining([
        ...['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_CLOUD_LOCATION', 'GOOGLE_CLOUD_PROJECT'],
        ...['GOOGLE_GEMINI_BASE_URL', 'GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_VERTEX_BASE_URL'],
      ]),
    );
    for (const name of names)
      vi.stubEnv(name, /USE_/.test(name) ? 'true' : /URL/.test(name) ? 'http://127.0.0.1:1' : 'wrong');
    const { gemini, emulator, file, names: jobs } = await withJobs(1);
    expect(await list(gemini)).toEqual(jobs);
    const [job] = (await emulator.ledger()).jobs;
    await gemini.jobs.cancel(job?.name ?? '', signal);
    expect((await gemini.jobs.get(job?.name ?? '', signal)).state).toBe('CANCELLED');
    await gemini.files.delete(file.name, signal);
    expect((await emulator.ledger()).requests).toMatchObject({ 'batches.cancel': 1, 'files.delete': 1 });
    expect(warn).not.toHaveBeenCalled();
    for (const name of names) expect(process.env[name]).toBeDefined();
  });
});
