import { dirname } from 'node:path/posix';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CollectedMark } from '../../src/activities/standing.ts';
import type { CollectInput } from '../../src/activities/types.ts';
import { worstCaseUsd } from '../../src/batch/cost.ts';
import { planOutputs } from '../../src/batch/plan.ts';
import { type Answer, HummingbatchError, type Item } from '../../src/contract/index.ts';
import { unreadablePlace } from '../../src/contract/places.ts';
import type { Gemini } from '../../src/gemini/index.ts';
import { getJson } from '../../src/store/json.ts';
import type { Store } from '../../src/store/store.ts';
import { samples } from '../support/samples.ts';
import {
  BATCH,
  begin,
  buildManifest,
  catchFailure,
  computeSha256,
  createDeps,
  createRunner,
  environment,
  item,
  newStore,
  picture,
  places,
  readFiles,
} from './activities-kit.ts';

const JOB = 'batches/job1';
const BILLED = {
  promptTokenCount: 10,
  candidatesTokenCount: 1120,
  candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
};
const USAGE = { promptTokenCount: 10, candidatesTokenCount: 1120, totalTokenCount: 1130 };

const part = (data: Buffer | string, more: object = {}) => ({
  inlineData: { mimeType: 'image/png', data: typeof data === 'string' ? data : data.toString('base64') },
  ...more,
});

function answer(key: string, parts: object[]) {
  return JSON.stringify({
    response: { candidates: [{ content: { parts }, finishReason: 'STOP' }], usageMetadata: USAGE },
    key,
  });
}

const rowError = (key: string, code: number, message = 'Internal error') =>
  JSON.stringify({ key, error: { code, message } });

type ResultsOnly = Pick<Gemini, 'endpoint' | 'keyFingerprint' | 'redactKey' | 'results'>;

/** A Gemini client that only serves a result file, in chunks, from any offset. */
function serveResults(content: () => Buffer, chunk = 1000): ResultsOnly {
  return {
    endpoint: 'https://gemini.example',
    redactKey: (words) => words,
    keyFingerprint: 'print-of-key',
    async *results(_file, offset, signal) {
      const bytes = content();
      for (let at = offset; at < bytes.length; at += chunk) {
        signal.throwIfAborted();
        yield bytes.subarray(at, at + chunk);
      }
    },
  };
}

/** A prepared batch, and its result file. */
async function prepared(items: Item[], lines: string | readonly string[], chunk?: number) {
  const store = await newStore();
  const text = typeof lines === 'string' ? lines : lines.map((line) => `${line}\n`).join('');
  const file = { content: Buffer.from(text) };
  const gemini = serveResults(() => file.content, chunk) as Gemini;
  const deps = { ...createDeps(store), gemini };
  const { run } = createRunner(deps);
  await run('prepare', await begin(store, buildManifest(items)));
  const input: CollectInput = {
    ...{ batchId: BATCH, where: {}, round: 1, firstRound: 1, maxRounds: 3, weCancelled: false },
    jobs: [
      { job: JOB, state: 'SUCCEEDED', resultFile: 'files/r', expectedLines: text.split('\n').length - 1 },
    ],
  };
  return {
    ...{ store, deps, gemini, run, input, file },
    collect: (more: Partial<CollectInput> = {}) => run('collectRound', { ...input, ...more }),
    answers: () => readAnswers(store),
    mark: () => getJson<CollectedMark>(store, places.round(1).collected),
    /** The lines that are kept as they came, by file. */
    kept: async () => {
      const keys = await store.list(`${dirname(places.file(unreadablePlace('x')))}/`);
      const read = keys.map(async (key) => [
        key.slice(places.folder.length + 1),
        Buffer.from((await store.get(key)) ?? []).toString(),
      ]);
      return Object.fromEntries(await Promise.all(read)) as Record<string, string>;
    },
    images: async () => (await store.list(`${places.folder}/images/`)).map((key) => key.split('/').at(-1)),
  };
}

async function readAnswers(store: Store, job = JOB): Promise<Answer[]> {
  const keys = await store.list(places.round(1).checkpoints(job));
  const checkpoints = await Promise.all(keys.map((key) => getJson<{ answers: Answer[] }>(store, key)));
  return checkpoints.flatMap((checkpoint) => checkpoint?.answers ?? []);
}

/** Every file of a store, without the numbers of the attempts that wrote them. */
async function readTree(store: Store): Promise<Record<string, string>> {
  const files = Object.entries(await readFiles(store)).filter(([key]) => key !== places.identity);
  return Object.fromEntries(files.map(([key, content]) => [key, content.replace(/"sequence":\d+/, '')]));
}

const keys = (count: number) => Array.from({ length: count }, (_, n) => `key${String(n).padStart(3, '0')}`);

/** Answers of all kinds. */
async function mixedLines(names: readonly string[]): Promise<string[]> {
  const lines = names.map(async (name, n) => {
    const key = `${name}#1`;
    if (n % 9 === 4) return [rowError(key, 13)];
    if (n % 11 === 5) return [answer(key, [part(await picture(n)), part(await picture(1000 + n))])];
    if (n % 13 === 6)
      return [answer(key, [part(await picture(n))]), answer(key, [part(await picture(2000 + n))])];
    if (n % 17 === 7) return ['', 'rubbish', answer(key, [part(await picture(n))])];
    if (n % 19 === 8) return [];
    return [answer(key, [part(await picture(n))])];
  });
  // Far behind their first answers: one with other bytes, one with the same.
  const late = [
    answer(`${names[0]}#1`, [part(await picture(3000))]),
    answer(`${names[1]}#1`, [part(await picture(1))]),
  ];
  return [...(await Promise.all(lines)).flat(), ...late];
}

describe('a collection that is killed', () => {
  const names = keys(100);
  const items = names.map((name) => item(name));

  async function undisturbed() {
    const lines = await mixedLines(names);
    const { store, collect } = await prepared(items, lines);
    const collected = await collect();
    return { lines, collected, tree: await readTree(store) };
  }

  /** Lets `count` writes through and then fails for good, before the next write or after it. */
  function dying(store: Store, writes: number, when: 'before' | 'after'): Store {
    let left = writes;
    const gate = async <Output>(write: () => Promise<Output>): Promise<Output> => {
      if (left-- > 0) return write();
      if (when === 'after' && left === -1) await write();
      throw new HummingbatchError('store-missing', 'The disk was pulled.');
    };
    return {
      ...store,
      put: (key, data) => gate(() => store.put(key, data)),
      putAll: (entries) => gate(() => store.putAll(entries)),
      putIfAbsent: (key, data) => gate(() => store.putIfAbsent(key, data)),
      delete: (key) => gate(() => store.delete(key)),
    };
  }

  test('leaves the same bytes as an undisturbed one, at whichever write it was killed', async () => {
    const { lines, collected, tree } = await undisturbed();
    let deaths = 0;
    for (const when of ['before', 'after'] as const) {
      for (let writes = 0; ; writes++) {
        const { store, run, input } = await prepared(items, lines);
        const attempt = run('collectRound', input, { instead: { store: dying(store, writes, when) } });
        if ((await attempt.catch(() => 'died')) !== 'died') break;
        deaths += 1;
        expect(await run('collectRound', input, { info: { attempt: 2 } })).toEqual(collected);
        expect(await readTree(store)).toEqual(tree);
      }
    }
    // Four groups of images and their checkpoints, the selection and the mark, each before and after.
    expect(deaths).toBeGreaterThanOrEqual(2 * 9);
  });

  test('continues at its checkpoint after a cut anywhere in the download, with the same result', async () => {
    const { lines, collected, tree } = await undisturbed();
    const text = lines.map((line) => `${line}\n`).join('');
    const cuts = fc.sample(fc.nat({ max: text.length }), { numRuns: samples(4, 12), seed: 7 });
    for (const cut of cuts) {
      const { store, run, input, gemini } = await prepared(items, lines, 317);
      const offsets: number[] = [];
      const results: Gemini['results'] = async function* (file, offset, signal) {
        offsets.push(offset);
        let at = offset;
        for await (const chunk of gemini.results(file, offset, signal)) {
          if (offsets.length === 1 && at + chunk.length > cut)
            throw new HummingbatchError('unreachable', 'Cut.');
          at += chunk.length;
          yield chunk;
        }
      };
      const instead = { gemini: { ...gemini, results } };
      expect(await catchFailure(run('collectRound', input, { instead }))).toMatchObject({
        type: 'unreachable',
      });
      expect(await run('collectRound', input, { instead, info: { attempt: 2 } })).toEqual(collected);
      expect(await readTree(store)).toEqual(tree);
      // No more than a group is read twice.
      const promised = offsets[1] ?? 0;
      expect(text.slice(promised, cut).split('\n').length).toBeLessThan(45);
    }
  });

  test('lets others have their turn at each checkpoint, without a connection meanwhile, with the same result', async () => {
    const { lines, collected, tree } = await undisturbed();
    const { store, run, input, gemini } = await prepared(items, lines, 317);
    const open: number[] = [];
    let connections = 0;
    const results: Gemini['results'] = async function* (file, offset, signal) {
      connections += 1;
      try {
        yield* gemini.results(file, offset, signal);
      } finally {
        connections -= 1;
      }
    };
    const turn = { isOver: () => true, pass: async () => void open.push(connections), end: () => undefined };
    const turns = { take: async () => turn, close: () => undefined };
    const collecting = run('collectRound', input, { instead: { gemini: { ...gemini, results } }, turns });
    expect(await collecting).toEqual(collected);
    expect(await readTree(store)).toEqual(tree);
    expect(open.length).toBeGreaterThanOrEqual(3);
    expect(open.every((count) => count === 0)).toBe(true);
  });

  test('gives the same result on another worker when the first stops at its nth heartbeat', async () => {
    const { lines, collected, tree } = await undisturbed();
    for (const beats of [1, 2, 3, 4]) {
      const { store, run, input } = await prepared(items, lines);
      const env = environment();
      let heard = 0;
      env.on('heartbeat', () => {
        if (++heard === beats) env.cancel('WORKER_SHUTDOWN');
      });
      expect(await catchFailure(run('collectRound', input, { env }))).toMatchObject({
        type: 'aborted',
        nonRetryable: false,
      });
      expect(await run('collectRound', input, { info: { attempt: 2 } })).toEqual(collected);
      expect(await readTree(store)).toEqual(tree);
    }
  });

  test('changes nothing and downloads nothing when it runs again after its end', async () => {
    const { lines, collected, tree } = await undisturbed();
    const { store, run, input, collect, gemini } = await prepared(items, lines);
    await collect();
    const results: Gemini['results'] = () => {
      throw new Error('it was downloaded again');
    };
    expect(await run('collectRound', input, { instead: { gemini: { ...gemini, results } } })).toEqual(
      collected,
    );
    expect(await readTree(store)).toEqual(tree);
  });
});

describe('two attempts at the same time', () => {
  const names = keys(80);
  const items = names.map((name) => item(name));

  /** Results that stop after so many bytes until the gate opens. */
  function gated(gemini: Gemini, bytes: number) {
    const gate: { open: () => void; reached: () => void } = { open: () => {}, reached: () => {} };
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      gate.reached = resolve;
    });
    const results: Gemini['results'] = async function* (file, offset, signal) {
      let at = offset;
      for await (const chunk of gemini.results(file, offset, signal)) {
        yield chunk;
        at += chunk.length;
        if (at > bytes) gate.reached();
        if (at > bytes) await opened;
      }
    };
    return { gemini: { ...gemini, results }, arrived, open: gate.open };
  }

  test('end with one result: the older one stops when it sees a checkpoint of the newer one', async () => {
    const { store, run, input, gemini } = await prepared(items, await mixedLines(names));
    const frozen = gated(gemini, 2000);
    const older = run('collectRound', input, { instead: { gemini: frozen.gemini }, info: { attempt: 1 } });
    await frozen.arrived;
    const newer = await run('collectRound', input, { info: { attempt: 2 } });
    const tree = await readTree(store);
    frozen.open();
    expect(await catchFailure(older)).toMatchObject({ type: 'aborted' });
    expect(await readTree(store)).toEqual(tree);
    expect(newer.counts.image).toBeGreaterThan(50);
  });

  test('end with one result: the newer one continues after the checkpoint of the older one', async () => {
    const lines = await mixedLines(names);
    const { store, run, input, gemini } = await prepared(items, lines);
    const slow = gated(gemini, 2000);
    const newer = run('collectRound', input, { instead: { gemini: slow.gemini }, info: { attempt: 2 } });
    await slow.arrived;
    const older = await run('collectRound', input, { info: { attempt: 1 } });
    const tree = await readTree(store);
    slow.open();
    expect(await newer).toEqual(older);
    expect(await readTree(store)).toEqual(tree);
  });
});

describe('the contents of a result file', () => {
  test('give the bytes that Gemini made, matched by key and not by position', async () => {
    const [one, two] = [await picture(1, 'jpeg'), await picture(2, 'webp')];
    const { collect, answers, store } = await prepared(
      [item('a'), item('b')],
      [answer('b#1', [part(two)]), answer('a#1', [{ text: 'Here it is.' }, part(one)])],
    );
    expect(await collect()).toMatchObject({ counts: { total: 2, image: 2 }, anomalies: 0 });
    expect(Buffer.from((await store.get(places.file('images/a.jpg'))) ?? []).equals(one)).toBe(true);
    expect(Buffer.from((await store.get(places.file('images/b.webp'))) ?? []).equals(two)).toBe(true);
    expect((await answers())[1]).toMatchObject({
      output: 'a#1',
      text: 'Here it is.',
      image: {
        file: 'images/a.jpg',
        mime: 'image/jpeg',
        width: 16,
        height: 16,
        bytes: one.length,
        sha256: computeSha256(one),
      },
      flags: expect.arrayContaining(['mime-mismatch']),
      usage: { input: 10, image: 1120 },
    });
  });

  test('CRLF, empty lines and a last line without newline change nothing', async () => {
    const image = answer('a#1', [part(await picture(1))]);
    const { collect, mark } = await prepared(
      [item('a'), item('b')],
      `\n\r\n${image}\r\n\n${rowError('b#1', 13)}`,
    );
    expect(await collect()).toMatchObject({ counts: { image: 1, failed: 1, missing: 0 }, anomalies: 0 });
    expect((await mark())?.unanswered).toEqual([]);
  });

  test.each([
    ['no JSON', '{"key":"a#1","resp'],
    ['a bare value', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an answer without a key', '{"response":{}}'],
    ['bytes that are no text', '\u0000\u0001'],
  ])('loses only the line that is %s', async (_, line) => {
    const good = answer('b#1', [part(await picture(1))]);
    const { collect } = await prepared([item('a'), item('b')], [line, good]);
    const collected = await collect();
    expect(collected).toMatchObject({ counts: { image: 1, missing: 1 }, anomalies: 1 });
    expect(collected.next).toMatchObject({ round: 2, outputs: 1 });
  });

  test('an answer with null in every field counts as an answer without an image', async () => {
    const { collect, answers } = await prepared([item('a')], ['{"key":"a#1","response":null,"error":null}']);
    expect(await collect()).toMatchObject({ counts: { failed: 1 } });
    expect(await answers()).toMatchObject([{ output: 'a#1', outcome: 'failed', reason: 'malformed' }]);
  });

  test('a missing line counts as a missing answer and goes into the next round', async () => {
    const { collect, mark, store } = await prepared(
      [item('a'), item('b'), item('c')],
      [answer('b#1', [part(await picture(1))])],
    );
    const collected = await collect();
    expect(collected).toMatchObject({ counts: { image: 1, missing: 2 }, next: { round: 2, outputs: 2 } });
    expect((await mark())?.unanswered.map(({ output, reason }) => [output, reason])).toEqual([
      ['a#1', 'no-answer'],
      ['c#1', 'no-answer'],
    ]);
    expect(await getJson(store, places.round(2).selection)).toEqual({ outputs: ['a#1', 'c#1'] });
  });

  test.each([
    '../../../etc/passwd',
    'a#2',
    'A#1',
    'a',
    '',
    '__proto__',
    'constructor',
    'a#1\u0000',
    '\u001b[2J<script>',
    'x'.repeat(5000),
  ])(
    'reports an answer for the unknown key %j, keeps its image under its own name, and counts its cost',
    async (key) => {
      const stray = await picture(1);
      const { collect, images, mark, store } = await prepared(
        [item('a')],
        [answer(key, [part(stray)]), answer('a#1', [part(await picture(2))])],
      );
      const { actualUsd, ...collected } = await collect();
      expect(collected).toMatchObject({ counts: { total: 1, image: 1 }, anomalies: 1 });
      const kept = `stray~${computeSha256(stray).slice(0, 16)}.png`;
      expect(await images()).toEqual(['a.png', kept]);
      expect(stray.equals((await store.get(places.file(`images/${kept}`))) ?? Buffer.of())).toBe(true);
      // Two images were billed.
      expect(actualUsd).toBeGreaterThan(2 * 0.06);
      const anomaly = (await mark())?.anomalies[0] ?? '';
      expect(anomaly).toContain(kept);
      expect(anomaly.length).toBeLessThan(150);
      expect(anomaly).not.toContain('\u001b');
      const outside = (await store.list('batches/')).filter(
        (place) => !place.startsWith(`${places.folder}/`),
      );
      expect(outside).toEqual([]);
    },
  );

  test('a second answer with the same bytes keeps one file and is billed twice', async () => {
    const image = answer('a#1', [part(await picture(1))]);
    const { collect, images, answers } = await prepared([item('a')], [image, image]);
    const collected = await collect();
    expect(await images()).toEqual(['a.png']);
    expect((await answers()).map((one) => one.image?.file)).toEqual(['images/a.png', 'images/a.png']);
    expect(collected.actualUsd).toBeGreaterThan(2 * 0.06);
  });

  test('a second answer with other bytes is kept as an alternate', async () => {
    const { collect, images } = await prepared(
      [item('a')],
      [
        answer('a#1', [part(await picture(1))]),
        answer('a#1', [part(await picture(2))]),
        answer('a#1', [part(await picture(3, 'jpeg'))]),
      ],
    );
    expect(await collect()).toMatchObject({ counts: { total: 1, image: 1 } });
    expect(await images()).toEqual(['a.png', 'a~alt1.png', 'a~alt2.jpg']);
  });

  test('two images in one answer are both kept, the last one as the main image, and billed once', async () => {
    const [draft, final] = [await picture(1), await picture(2)];
    const { collect, store, answers } = await prepared(
      [item('a')],
      [answer('a#1', [part(draft), part(final)])],
    );
    const collected = await collect();
    expect(Buffer.from((await store.get(places.file('images/a.png'))) ?? []).equals(final)).toBe(true);
    expect(Buffer.from((await store.get(places.file('images/a~alt1.png'))) ?? []).equals(draft)).toBe(true);
    expect((await answers()).map(({ costUsd }) => costUsd > 0)).toEqual([true, false]);
    expect(collected.actualUsd).toBeLessThan(0.1);
  });

  test('an image that is only a thought is kept and flagged', async () => {
    const { collect, answers } = await prepared(
      [item('a')],
      [answer('a#1', [part(await picture(1), { thought: true })])],
    );
    await collect();
    expect((await answers())[0]?.flags).toContain('interim-only');
  });

  test.each<[string, (whole: Buffer) => string]>([
    ['cut', (whole) => whole.subarray(0, whole.length - 20).toString('base64')],
    ['no image', () => Buffer.from('<html>').toString('base64')],
    ['broken base64', (whole) => `${whole.toString('base64').slice(0, 60)}*!`],
    ['a header only', (whole) => whole.subarray(0, 8).toString('base64')],
    [
      'a JPEG without an end',
      () => Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(5000, 0x11)]).toString('base64'),
    ],
    ['a GIF', () => Buffer.from('GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000;').toString('base64')],
  ])(
    'an image that is %s is undecodable: its line is kept, and no other try is paid for',
    async (_, dataOf) => {
      const data = dataOf(await picture(1));
      const line = answer('a#1', [part(data)]);
      const { collect, answers, images, kept } = await prepared([item('a')], [line]);
      const collected = await collect();
      expect(collected).toMatchObject({ counts: { failed: 1 } });
      expect(collected).not.toHaveProperty('next');
      const [file = '', ...others] = Object.keys(await kept());
      expect(await answers()).toMatchObject([{ outcome: 'failed', reason: 'undecodable', kept: file }]);
      expect((await kept())[file]).toBe(line);
      expect([others, await images()]).toEqual([[], []]);
    },
  );

  test.each<[string, object, number]>([
    [
      'an image in another field',
      { response: { candidates: [{ content: { parts: [{ media: {} }] } }], usageMetadata: BILLED } },
      1,
    ],
    ['no candidates', { response: { candidates: [], usageMetadata: BILLED } }, 1],
    ['an answer in another field', { result: { image: 'x' } }, 0],
    [
      'a finish reason that is unknown',
      { response: { candidates: [{ finishReason: 'NEW' }], usageMetadata: BILLED } },
      1,
    ],
  ])(
    'a billed answer with %s is unreadable: its line is kept, and no other try is paid for',
    async (_, content, paid) => {
      const line = JSON.stringify({ ...content, key: 'a#1' });
      const { collect, answers, kept } = await prepared([item('a')], [line]);
      const collected = await collect();
      expect(collected).not.toHaveProperty('next');
      expect(collected.actualUsd > 0).toBe(paid > 0);
      const [file = ''] = Object.keys(await kept());
      expect(await answers()).toMatchObject([{ outcome: 'failed', reason: 'unreadable', kept: file }]);
      expect((await kept())[file]).toBe(line);
    },
  );

  test('a line that is cut in the middle is kept, and its output gets another try', async () => {
    const whole = answer('a#1', [part(await picture(1))]);
    const cut = `{"key":"a#1",${whole.slice(1, 200)}`;
    const { collect, kept, mark } = await prepared([item('a')], [cut]);
    expect(await collect()).toMatchObject({ counts: { missing: 1 }, next: { round: 2, outputs: 1 } });
    const [file = ''] = Object.keys(await kept());
    expect((await kept())[file]).toBe(cut);
    expect((await mark())?.anomalies[0]).toContain(file);
  });

  test('an answer that is not understood, for a key that was not asked for, is kept too', async () => {
    const stray = answer('x#1', [part(Buffer.from('no picture').toString('base64'))]);
    const { collect, kept, mark } = await prepared(
      [item('a')],
      [stray, answer('a#1', [part(await picture(1))])],
    );
    await collect();
    expect(Object.values(await kept())).toEqual([stray]);
    expect((await mark())?.anomalies[0]).toContain(Object.keys(await kept())[0]);
  });

  test('a line that is too long is lost alone and takes no memory', async () => {
    const good = answer('b#1', [part(await picture(1))]);
    const { run, input, gemini } = await prepared([item('a'), item('b')], [good]);
    const piece = Buffer.alloc(1 << 20, 'x');
    const results: Gemini['results'] = async function* (_file, offset) {
      // The same again from any offset: 60 MB without a newline, then a line.
      const start = Buffer.from('{"key":"a#1","x":"');
      if (offset > 0) return;
      yield start;
      for (let n = 0; n < 60; n++) yield piece;
      yield Buffer.from(`\n${good}\n`);
    };
    const collected = await run('collectRound', input, { instead: { gemini: { ...gemini, results } } });
    expect(collected).toMatchObject({ counts: { image: 1, missing: 1 }, anomalies: 1 });
  });

  test('thousands of bad lines are counted and not kept', async () => {
    const rubbish = Array.from({ length: 5000 }, (_, n) => `rubbish ${n}`);
    const { collect, mark, store } = await prepared(
      [item('a')],
      [...rubbish, answer('a#1', [part(await picture(1))])],
    );
    expect(await collect()).toMatchObject({ counts: { image: 1 }, anomalies: 201 });
    const anomalies = (await mark())?.anomalies ?? [];
    expect(anomalies).toHaveLength(201);
    expect(anomalies.at(-1)).toContain('4800 more');
    expect((await store.list(places.round(1).checkpoints(JOB))).length).toBe(1);
  });
});

describe('a round of which some jobs have ended', () => {
  const LATE = 'batches/late';
  const jobs = (...names: string[]) =>
    names.map((job) => ({
      job,
      state: 'SUCCEEDED' as const,
      resultFile: `files/${job.slice(8)}`,
      expectedLines: 1,
    }));

  /** Two jobs that answer one output with different images. */
  async function withTwoJobs() {
    const [one, other] = [await picture(1), await picture(2)];
    const batch = await prepared([item('a'), item('b')], []);
    const results: Gemini['results'] = async function* (file, offset) {
      const image = file === 'files/late' ? other : one;
      yield Buffer.from(`${answer('a#1', [part(image)])}\n`).subarray(offset);
    };
    const instead = { gemini: { ...batch.gemini, results } };
    const collect = (more: Partial<CollectInput>) =>
      batch.run('collectRound', { ...batch.input, ...more }, { instead });
    const read = async (name: string) =>
      Buffer.from((await batch.store.get(places.file(`images/${name}`))) ?? []);
    return { ...batch, collect, one, other, read };
  }

  test('is collected in part and stays open', async () => {
    const { collect, mark, images } = await withTwoJobs();
    const collected = await collect({ jobs: jobs(JOB), isPartial: true });
    expect(collected).toMatchObject({ counts: { total: 2, image: 1 } });
    expect(collected).not.toHaveProperty('next');
    expect(await mark()).toBeUndefined();
    expect(await images()).toEqual(['a.png']);
  });

  test('never overwrites an image of the first, in whichever order all are collected', async () => {
    const { collect, one, other, read, images } = await withTwoJobs();
    await collect({ jobs: jobs(LATE), isPartial: true });
    expect(await collect({ jobs: jobs(JOB, LATE) })).toMatchObject({ next: { round: 2, outputs: 1 } });
    expect(await images()).toEqual(['a.png', 'a~alt1.png']);
    expect((await read('a.png')).equals(other)).toBe(true);
    expect((await read('a~alt1.png')).equals(one)).toBe(true);
  });
});

describe('a result file that ends too early', () => {
  test('is downloaded a second time', async () => {
    const lines = [answer('a#1', [part(await picture(1))]), answer('b#1', [part(await picture(2))])];
    const { run, input, gemini, file } = await prepared([item('a'), item('b')], lines);
    let progressCache = 0;
    const results: Gemini['results'] = async function* (_file, offset) {
      // The first download ends in the middle of the second line, without an error.
      yield file.content.subarray(offset, ++progressCache === 1 ? (lines[0]?.length ?? 0) + 30 : undefined);
    };
    const collected = await run('collectRound', input, { instead: { gemini: { ...gemini, results } } });
    expect(collected).toMatchObject({ counts: { image: 2 }, anomalies: 0 });
    expect(progressCache).toBe(2);
  });

  test('is downloaded again although one output has two answers', async () => {
    const a = answer('a#1', [part(await picture(1))]);
    const lines = [a, a, answer('b#1', [part(await picture(2))])];
    const { run, input, gemini, file } = await prepared([item('a'), item('b')], lines);
    let progressCache = 0;
    const results: Gemini['results'] = async function* (_file, offset) {
      // The first download ends after the second line: as many lines as the job's counters say.
      yield file.content.subarray(offset, ++progressCache === 1 ? 2 * (a.length + 1) : undefined);
    };
    const jobs = input.jobs.map((job) => ({ ...job, expectedLines: 2 }));
    const collected = await run(
      'collectRound',
      { ...input, jobs },
      { instead: { gemini: { ...gemini, results } } },
    );
    expect(collected).toMatchObject({ counts: { image: 2, missing: 0 } });
    expect(progressCache).toBe(2);
  });

  test('is accepted when the second download ends at the same byte, and the partial line is reported', async () => {
    const lines = `${answer('a#1', [part(await picture(1))])}\n{"key":"b#1","respo`;
    const { collect, input } = await prepared([item('a'), item('b')], lines);
    const [job] = input.jobs;
    expect(await collect({ jobs: job ? [{ ...job, expectedLines: 2 }] : [] })).toMatchObject({
      counts: { image: 1, missing: 1 },
      anomalies: 1,
    });
  });

  test('is tried again later when every download ends at another byte', async () => {
    const { run, input, gemini } = await prepared([item('a')], [answer('a#1', [part(await picture(1))])]);
    let progressCache = 0;
    const results: Gemini['results'] = async function* () {
      yield Buffer.from('{"key":"a#1","response":'.slice(0, 3 + ++progressCache));
    };
    const failure = await catchFailure(
      run('collectRound', input, { instead: { gemini: { ...gemini, results } } }),
    );
    expect(failure).toMatchObject({ type: 'unreachable', nonRetryable: false });
    expect(progressCache).toBe(5);
  });
});

describe('a job without a result file', () => {
  test.each([
    ['EXPIRED', 'job-expired'],
    ['FAILED', 'job-failed'],
    ['CANCELLED', 'cancelled'],
  ] as const)('that ended %s leaves every output missing for that reason (%s)', async (state, reason) => {
    const { collect, mark } = await prepared([item('a'), item('b')], []);
    const collected = await collect({ jobs: [{ job: JOB, state, expectedLines: 0 }] });
    expect(collected).toMatchObject({ counts: { total: 2, missing: 2 } });
    expect((await mark())?.unanswered.map((silent) => silent.reason)).toEqual([reason, reason]);
  });
});

describe('an answer of unknown cost is reserved at its worst case', async () => {
  const image = await picture(1);
  const manifest = buildManifest([item('a')]);
  const one = worstCaseUsd(manifest, planOutputs(manifest));
  const response = (more: object) => JSON.stringify({ key: 'a#1', response: more });
  const candidates = [{ content: { parts: [part(image)] }, finishReason: 'STOP' }];

  test.each<[string, string[], number, number | undefined]>([
    ['an image with its usage', [answer('a#1', [part(image)])], 1, 0],
    ['an image without usage', [response({ candidates })], 1, one],
    ['a refusal without usage', [response({ promptFeedback: { blockReason: 'OTHER' } })], 1, one],
    [
      'content in another field than documented',
      [JSON.stringify({ key: 'a#1', output: { candidates } })],
      1,
      one,
    ],
    ['a line that was cut', ['{"key":"a#1","response":{"cand'], 1, one],
    ['an answer that the job counted and the file lacks', [], 1, one],
    ['an output that the job did not count', [], 0, 0],
    ['an error of the row', [rowError('a#1', 13)], 1, 0],
    ['an empty answer', ['{"key":"a#1","response":null,"error":null}'], 1, 0],
  ])('%s', async (_, lines, expectedLines, reservedUsd) => {
    const { collect } = await prepared([item('a')], lines);
    const job = { job: JOB, state: 'SUCCEEDED', resultFile: 'files/r', expectedLines } as const;
    expect((await collect({ jobs: [job] })).reserves.reservedUsd).toBeCloseTo(reservedUsd ?? Number.NaN);
  });
});

describe('the next round', () => {
  test('gets the outputs that another try may help, at most as often as allowed', async () => {
    const { collect, store } = await prepared(
      [item('a'), item('b'), item('c')],
      [rowError('a#1', 13), rowError('b#1', 3, 'Invalid argument'), answer('c#1', [part(await picture(1))])],
    );
    expect((await collect()).next).toMatchObject({ round: 2, outputs: 1, worstUsd: expect.any(Number) });
    expect(await getJson(store, places.round(2).selection)).toEqual({ outputs: ['a#1'] });
    expect((await collect({ maxRounds: 1 })).next).toBeUndefined();
  });

  test('uploads all references again when Google has lost one', async () => {
    const { collect, store } = await prepared(
      [item('a')],
      [rowError('a#1', 7, 'You do not have permission to access the File x or it may not exist.')],
    );
    await store.put(places.uploads, '{}');
    expect((await collect()).next).toMatchObject({ round: 2 });
    expect(await store.get(places.uploads)).toBeUndefined();
  });

  test('adds to the cost of the first one, and its images never replace other images', async () => {
    const image = await picture(1);
    const { collect, store, run, input } = await prepared([item('a')], [answer('a#1', [part(image)])]);
    await collect();
    await store.put(places.round(2).selection, JSON.stringify({ outputs: ['a#1'] }));
    const second = await picture(2);
    const gemini = serveResults(() => Buffer.from(`${answer('a#1', [part(second)])}\n`)) as Gemini;
    const job = {
      job: 'batches/job2',
      state: 'SUCCEEDED',
      resultFile: 'files/r2',
      expectedLines: 1,
    } as const;
    const collected = await run('collectRound', { ...input, round: 2, jobs: [job] }, { instead: { gemini } });
    expect(collected.actualUsd).toBeGreaterThan(2 * 0.06);
    expect(Buffer.from((await store.get(places.file('images/a.png'))) ?? []).equals(image)).toBe(true);
    expect(Buffer.from((await store.get(places.file('images/a~alt1.png'))) ?? []).equals(second)).toBe(true);
  });
});

describe('a transfer that keeps failing', () => {
  const lines = async () => [answer('a#1', [part(await picture(1))])];
  const broken: Gemini['results'] = () => {
    throw new HummingbatchError('unreachable', 'Cut.');
  };

  test('stops after five attempts without progress', async () => {
    const { run, input, gemini } = await prepared([item('a')], await lines());
    const instead = { gemini: { ...gemini, results: broken } };
    let heartbeatDetails: unknown;
    const ends: boolean[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      const env = environment({ attempt, heartbeatDetails });
      env.on('heartbeat', (details: unknown) => {
        heartbeatDetails = details;
      });
      ends.push((await catchFailure(run('collectRound', input, { instead, env }))).nonRetryable ?? false);
    }
    expect(ends).toEqual([false, false, false, false, true]);
  });

  test('continues as long as each attempt makes progress', async () => {
    const { run, input, gemini } = await prepared([item('a')], await lines());
    const instead = { gemini: { ...gemini, results: broken } };
    const info = { attempt: 50, heartbeatDetails: { job: JOB, lines: 32, of: 100 } };
    expect((await catchFailure(run('collectRound', input, { instead, info }))).nonRetryable).toBe(false);
  });
});
