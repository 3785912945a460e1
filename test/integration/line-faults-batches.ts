import * as fc from 'fast-check';
import type { Manifest } from '../../src/contract/index.ts';
import type { Fault, FaultPlan } from '../../src/emulator/index.ts';
import { buildManifest, item } from './activities-kit.ts';

/** A batch and its faults. */
export interface Trial {
  manifest: Manifest;
  plan: FaultPlan;
}

const KEYS = ['hero', 'flat-lay.2', 'Füße', '東京タワー', 'حقيبة', 'ภาพที่', 'ключ', '_', '東'.repeat(100)];
/** Keys that no request has, as a result might contain them. */
const STRANGE_KEYS = [
  '../../x',
  '..\\..\\x',
  '/etc/passwd',
  '\u0000',
  '\u001b[2J',
  '__proto__',
  'hero',
  'HERO#1',
  'hero#99',
];
const RATIOS = [undefined, '1:1', '16:9', '2:3', '4:5', '21:9'];
const MODELS = ['gemini-3-pro-image', 'gemini-nano-banana-2.1'];
/** A third of all prompts contain one of these. */
const WORDS = ['[refuse]', '[unsafe]', '[blocked]', '[no image]', '[text only]', '[missing]', '[fail]'];

const FINISH_REASONS = [
  ...['MAX_TOKENS', 'SAFETY', 'RECITATION', 'LANGUAGE', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII'],
  ...['IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION', 'IMAGE_OTHER', 'NO_IMAGE'],
  ...['MALFORMED_FUNCTION_CALL', 'STOP', 'NEVER_HEARD_OF'],
];
const BLOCK_REASONS = ['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY'];
const SENTENCES = ['It went wrong.', `\u001b[2J${'very '.repeat(200)}long`, ' \u0000 '];

const one = fc.constantFrom;
const maybe = (values: object[]) => fc.oneof(one<object>({}), one<object>(...values));

const manifests: fc.Arbitrary<Manifest> = fc
  .tuple(
    one(...MODELS),
    fc.uniqueArray(fc.oneof(one(...KEYS), fc.stringMatching(/^k[a-z0-9_.-]{0,11}$/)), {
      minLength: 1,
      maxLength: 5,
    }),
    fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        one(...RATIOS),
        fc.oneof({ weight: 2, arbitrary: one('') }, one(...WORDS)),
      ),
      {
        minLength: 5,
        maxLength: 5,
      },
    ),
  )
  .map(([model, keys, wishes]) =>
    buildManifest(
      keys.map((key, at) => {
        const [count, aspectRatio, word] = wishes[at] ?? [1, undefined, ''];
        return item(key, {
          prompt: `a picture ${word}`,
          count,
          ...(aspectRatio !== undefined && { aspectRatio }),
        });
      }),
      { model },
    ),
  );

type Kind<T extends Fault = Fault> = T extends Fault ? Omit<T, 'times' | 'probability' | 'match'> : never;

const doubled = fc.record({ copies: fc.integer({ min: 1, max: 3 }), answer: one('same', 'other') });

/** The faults of one line. `others` are outputs whose keys it may get. */
function lineFaults(others: readonly string[]): fc.Arbitrary<Kind> {
  const kind = (fault: Fault['fault'], more: fc.Arbitrary<object> = one({})) =>
    more.map((args) => ({ fault, ...args }) as Kind);
  const key = fc.oneof(
    { weight: 3, arbitrary: one(...others).map((known) => ({ key: known })) },
    one(...STRANGE_KEYS).map((strange) => ({ key: strange })),
    one({ key: 'long/', length: 10_000 }),
  );
  return fc.oneof(
    kind(
      'line.error',
      fc.record({
        code: one(1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 99),
        message: one(null, ...SENTENCES),
        field: one('error', 'status'),
      }),
    ),
    kind(
      'line.refused',
      fc
        .tuple(
          fc.record({ finishReason: one(...FINISH_REASONS), content: one('no-parts', 'empty', 'absent') }),
          maybe(SENTENCES.map((finishMessage) => ({ finishMessage }))),
        )
        .map((parts) => Object.assign({}, ...parts)),
    ),
    kind('line.blocked', fc.record({ blockReason: one(...BLOCK_REASONS) })),
    ...(['line.text', 'line.null', 'line.missing', 'line.interim-only', 'line.interim-first'] as const).map(
      (name) => kind(name),
    ),
    ...(['line.two-images', 'line.wrong-ratio', 'line.wrong-size', 'line.broken-base64'] as const).map(
      (name) => kind(name),
    ),
    ...(['line.no-picture', 'line.reversed', 'line.malformed'] as const).map((name) => kind(name)),
    kind(
      'line.mime',
      fc.record({ mimeType: one('image/jpeg', 'image/png', 'IMAGE/JPG; q=1', 'text/html', '') }),
    ),
    // Faults that duplicate or merge answers exercise most of the rules.
    { weight: 3, arbitrary: kind('line.doubled', doubled) },
    { weight: 3, arbitrary: kind('line.stray', key) },
    { weight: 3, arbitrary: kind('line.renamed', key) },
  );
}

/** The jobs of the batch that have the fault; all of them without `nth`. */
const inJobs = maybe([{ nth: 1 }, { nth: 2 }, { nth: [1, 2] }, { nth: 3 }]);

const resultFaults: fc.Arbitrary<Fault[]> = fc.array(
  fc
    .tuple(one('result.shuffled', 'result.crlf', 'result.blank-lines', 'result.cut-off'), inJobs)
    .map(([fault, match]) => ({ fault, match })),
  { maxLength: 3 },
);

const afterBytes = fc.nat({ max: 60_000 });
const times = fc.integer({ min: 1, max: 3 });
const downloadFaults: fc.Arbitrary<Fault[]> = fc
  .array(
    fc.oneof(
      fc.record({ fault: one('download.broken'), afterBytes, times }),
      fc.record({ fault: one('download.short'), afterBytes, times }),
      fc.record({
        fault: one('download.refuse'),
        status: one('UNAVAILABLE', 'INTERNAL', 'RESOURCE_EXHAUSTED'),
        times,
      }),
      fc.record({ fault: one('download.html', 'download.cut', 'download.answer-lost'), times }),
      fc.record({ fault: one('download.no-length', 'download.no-range', 'download.gzip') }),
      fc.record({ fault: one('download.no-length', 'download.no-range', 'download.gzip'), times }),
    ),
    { maxLength: 4 },
  )
  .map((faults) => faults as Fault[])
  // A body that is compressed twice under one header does not occur.
  .filter((faults) => faults.filter(({ fault }) => fault === 'download.gzip').length < 2)
  // The fifth failure at one place stops the batch, which other tests cover.
  .filter((faults) => readTimes(faults.filter(isEnd)) < 5)
  // A file that ends twice at the same place looks complete, unless its server reports a longer length.
  .filter((faults) => faults.every(tellsItsEnd) || readTimes(faults.filter(isShort)) < 2);

const readTimes = (faults: Fault[]) => faults.reduce((sum, fault) => sum + (fault.times ?? 0), 0);
const isShort = ({ fault }: Fault) => fault === 'download.short';
const tellsItsEnd = ({ fault }: Fault) => fault !== 'download.no-range' && fault !== 'download.gzip';
const isEnd = (fault: Fault) => tellsItsEnd(fault) && fault.fault !== 'download.no-length';

export function listOutputs({ items }: Manifest): string[] {
  return items.flatMap(({ key, count }) => Array.from({ length: count }, (_, n) => `${key}#${n + 1}`));
}

const literally = (output: string) => `^${output.replaceAll('.', '\\.')}$`;

export const trials: fc.Arbitrary<Trial> = manifests.chain((manifest) => {
  const outputs = listOutputs(manifest);
  const lines = fc.array(
    fc
      .tuple(lineFaults(outputs), one(...outputs), inJobs)
      .map(([fault, output, nth]) => ({ ...fault, match: { key: literally(output), ...nth } })),
    { maxLength: 12 },
  );
  return fc
    .tuple(lines, resultFaults, downloadFaults)
    .map((faults) => ({ manifest, plan: { seed: 1, faults: faults.flat() } }));
});
