import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { MODELS } from '../../src/batch/models.ts';
import type { ManifestFormat } from '../../src/manifest/formats/index.ts';
import { FIELDS } from '../../src/manifest/schema.ts';

/** A manifest file as a user may send it, usually an invalid one. */
export interface ManifestFile {
  format: ManifestFormat;
  content: string | Uint8Array;
}

const FORMATS: readonly ManifestFormat[] = ['yaml', 'json', 'jsonl', 'csv'];

/** Random bytes and characters, in which those with a meaning in one of the formats are frequent. */
export const anyTexts: fc.Arbitrary<ManifestFile> = fc.record({
  format: fc.constantFrom(...FORMATS),
  content: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          ...'[]{}:,-?&*!|>\'"%@#~\\\n\r\t ;\0\uFEFFaé字👩',
          'key',
          'prompt',
          '---\n',
          '<<: *a',
          '\uD800',
        ),
      )
      .map((pieces) => pieces.join('')),
  ),
});

const VALID: Readonly<Record<ManifestFormat, string>> = {
  yaml: `name: autumn
model: nano-banana-pro
defaults: { count: 2, aspectRatio: "4:5", safetySettings: [{ category: HARM_CATEGORY_HARASSMENT, threshold: OFF }] }
references:
  r: [https://e.com/a, "sha256:${'a'.repeat(64)}"]
items:
  - key: hero
    prompt: &t "x"
    references: [r]
    metadata: { m: &m [1, { a: b }], again: *m }
  - key: Füße
    prompt: >-
      folded
      text
    seed: -7
    temperature: 1.5
  - { key: 字, prompt: *t, count: 3 }
run: { maxCostUsd: 4, deadline: 5h, onUnknownSubmit: park }
`,
  json: JSON.stringify(
    {
      name: 'autumn',
      model: 'gemini-3-pro-image',
      parent: 'summer-1',
      references: { 'a.b': 'https://e.com/a?b=c' },
      items: [
        { key: 'hero', prompt: 'a\n"b" \u00e9', references: ['a.b'], imageSize: '2K' },
        { key: 'flat', prompt: 'y', metadata: { __proto__: null, n: [null, true, 1e3] } },
      ],
      run: { maxRounds: 2, approveAboveUsd: 0.5 },
    },
    null,
    1,
  ),
  jsonl: '{"key":"hero","prompt":"x","count":2}\n\n{"key":"flat","prompt":"y","references":["r"]}\n',
  csv: 'key,prompt,count,references,metadata.sku\r\nhero,"a ""b"", c",2,r,B-1\r\n\r\nflat,"two\nlines",,,\r\n',
};

/** Valid manifests with pieces removed, inserted, duplicated or truncated. */
export const damagedManifests: fc.Arbitrary<ManifestFile> = fc.constantFrom(...FORMATS).chain((format) => {
  const valid = VALID[format];
  const place = fc.nat(valid.length);
  const piece = fc.oneof(
    fc.constantFrom(
      ...'[]{}:,-?&*!|>\'"%@#~\n\r\t ',
      '<<: *t',
      '!!set',
      '\\u0000',
      '..',
      '/',
      '\u202E',
      '1e999',
    ),
    fc.tuple(place, fc.nat(30)).map(([from, length]) => valid.slice(from, from + length)),
  );
  return fc
    .array(fc.tuple(place, fc.nat(4), piece), { maxLength: 5 })
    .map((edits) =>
      edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), valid),
    )
    .map((content) => ({ format, content }));
});

const FIELD_NAMES = [...new Set(Object.values(FIELDS).flat()), '__proto__', 'constructor', 'nmae'];
const WORDS = [
  ...MODELS.flatMap(({ id, names, ratios, sizes }) => [id, ...names, ...ratios, ...sizes]),
  ...[
    'a',
    'A',
    'é',
    'e\u0301',
    'ß',
    'SS',
    'con',
    '.',
    '../x',
    'a/b',
    '',
    ' ',
    '٣',
    'مفتاح',
    'क्ष',
    '👩‍👩‍👧',
    'r',
    '50h',
    'park',
  ],
  ...[
    'https://e.com/x.png',
    'http://e.com',
    'https://u:p@e.com',
    './x.png',
    `sha256:${'0'.repeat(64)}`,
    'file:///x',
  ],
];
const scalar = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(0, 1, 2, 1000, 1001, -1, 1.5, 1e308, 2 ** 31, null, true),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 110 }) },
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...FIELD_NAMES), tie('tree'), { maxKeys: 4 }),
  ),
}));

/** Usually a value of the right kind, sometimes any value. */
const mostly = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 60, arbitrary }, { weight: 1, arbitrary: tree });
const word = fc.constantFrom(...WORDS);
const sources = fc.constantFrom(
  ...Array(9).fill('https://e.com/x.png'),
  `sha256:${'0'.repeat(64)}`,
  './x.png',
);
const item = fc.record(
  {
    key: mostly(fc.oneof(word, fc.stringMatching(/^[\w\p{L}][\w\p{L}\p{M}.-]{0,11}$/u))),
    prompt: mostly(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })),
    count: mostly(fc.constantFrom(1, 2, 3, 400)),
    aspectRatio: mostly(fc.constantFrom('1:1', '16:9')),
    references: mostly(fc.subarray(['r', 'é'])),
    metadata: mostly(fc.dictionary(word, tree, { maxKeys: 2 })),
  },
  { requiredKeys: ['key', 'prompt'] },
);
const manifests = fc.record(
  {
    name: mostly(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })),
    model: fc.constantFrom('nano-banana-pro', 'gemini-9', 'nano-banana-2'),
    items: mostly(fc.array(mostly(item), { minLength: 1, maxLength: 4 })),
    references: mostly(
      fc.record({ r: mostly(sources), é: mostly(fc.array(sources, { minLength: 1, maxLength: 2 })) }),
    ),
    defaults: mostly(fc.record({ count: fc.constantFrom(1, 7) })),
    run: mostly(fc.record({ maxRounds: fc.constantFrom(1, 10) })),
  },
  { requiredKeys: ['name', 'model', 'items', 'references'] },
);

/** Trees that partly look like manifests, written in each format. */
export const writtenTrees: fc.Arbitrary<ManifestFile> = fc
  .tuple(
    fc.constantFrom(...FORMATS),
    fc.oneof({ weight: 4, arbitrary: manifests }, { weight: 1, arbitrary: tree }),
  )
  .map(([format, value]) => ({ format, content: WRITE[format](value) }));

const WRITE: Readonly<Record<ManifestFormat, (value: unknown) => string>> = {
  yaml: (value) => stringify(value),
  json: (value) => JSON.stringify(value) ?? 'null',
  jsonl: (value) =>
    listItems(value)
      .map((each) => JSON.stringify(each))
      .join('\n'),
  csv: (value) => toCsv(listItems(value)),
};

function listItems(value: unknown): unknown[] {
  const items = (value as { items?: unknown } | null)?.items;
  return Array.isArray(items) ? items : [value];
}

function toCsv(items: readonly unknown[]): string {
  const maps = items.map((each) => Object(each) as Record<string, unknown>);
  const columns = [...new Set(maps.flatMap((map) => Object.keys(map)))];
  const header = columns.map((column) => (column === 'metadata' ? 'metadata.m' : column));
  const rows = maps.map((map) => columns.map((column) => (Object.hasOwn(map, column) ? map[column] : '')));
  const cell = (text: unknown) =>
    `"${(typeof text === 'string' ? text : JSON.stringify(text ?? null)).replaceAll('"', '""')}"`;
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\n');
}
