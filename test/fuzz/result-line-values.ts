import * as fc from 'fast-check';
import sharp from 'sharp';

/** Small images of each type, in two sizes. */
export const PICTURES: readonly Buffer[] = await Promise.all(
  (['png', 'jpeg', 'webp'] as const).flatMap((format) =>
    [2, 40].map((side) =>
      sharp({ create: { width: side, height: side, channels: 3, background: { r: side, g: 90, b: 200 } } })
        .toFormat(format)
        .toBuffer(),
    ),
  ),
);

/** Texts that try to attack terminals, paths, HTML and objects. */
const HOSTILE = [
  ...[
    '\u001b[2J\u001b]0;x\u0007',
    '\u009b31m',
    '\u0000',
    '\r\n\r\n',
    '../../../x',
    '<script>',
    '\u202egnp.exe',
  ],
  ...[
    '__proto__',
    'constructor',
    '\ud800',
    'x'.repeat(30_000),
    'QUJD'.repeat(9000),
    '\u0301'.repeat(3000),
    '',
  ],
];
const texts = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 40 }));
const numbers = fc.oneof(fc.double(), fc.constantFrom(0, -1, 13, 1e308, 2 ** 53, 0.5), fc.integer());
const values: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  numbers,
  fc.constantFrom(null, true, [], {}),
  fc.jsonValue({ maxDepth: 2 }),
);

const FIELDS =
  'key response error status code message candidates content parts inlineData inline_data mimeType data text thought ' +
  'finishReason finishMessage promptFeedback blockReason blockReasonMessage usageMetadata promptTokenCount ' +
  'candidatesTokenCount thoughtsTokenCount candidatesTokensDetails modality tokenCount __proto__';

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ maxDepth: 7 }, values, tie('list'), tie('object'), tie('object')),
  list: fc.array(tie('tree'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom(...FIELDS.split(' ')), tie('tree'), { maxKeys: 5 }),
}));

/** Any JSON, and JSON with the fields of a result line. */
export const jsonLike: fc.Arbitrary<unknown> = fc.oneof(fc.jsonValue(), tree);

const USAGE = {
  promptTokenCount: 20,
  candidatesTokenCount: 1130,
  thoughtsTokenCount: 100,
  candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
};
const image = (bytes: Buffer, more: object = {}) => ({
  inlineData: { mimeType: 'image/jpeg', data: bytes.toString('base64') },
  ...more,
});
const answered = (parts: object[]) => ({
  response: {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata: USAGE,
  },
});
const pictures = fc.constantFrom(...PICTURES);

/** Answers as Gemini really gives them. */
const answers: fc.Arbitrary<object> = fc.oneof(
  fc
    .array(fc.tuple(pictures, fc.boolean()), { minLength: 1, maxLength: 3 })
    .map((images) => answered(images.map(([bytes, thought]) => image(bytes, thought ? { thought } : {})))),
  fc.constantFrom(
    answered([{ text: 'I cannot draw that.' }]),
    {
      response: {
        candidates: [{ finishReason: 'IMAGE_SAFETY', finishMessage: 'No.' }],
        usageMetadata: USAGE,
      },
    },
    { response: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: USAGE } },
    { error: { code: 13, message: 'Internal error' } },
    { status: { code: 8 } },
    { response: null },
  ),
);

/** Lines of a result file: as Gemini writes them, with a value replaced, with damaged bytes, and random bytes. */
export function resultLines(outputs: readonly string[]): fc.Arbitrary<Uint8Array> {
  const keys = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...outputs) },
    { weight: 1, arbitrary: texts },
  );
  const whole = fc.tuple(answers, keys).map(([answer, key]) => ({ ...answer, key }));
  const replaced = fc
    .tuple(whole, fc.array(fc.tuple(fc.nat(), values), { maxLength: 3 }))
    .map(([line, places]) =>
      places.reduce<unknown>((tree, [place, value]) => withValue(tree, place, value), line),
    );
  const keyed = fc.tuple(tree, keys).map(([line, key]) => ({ ...(line as object), key }));
  const written = fc.oneof(whole, replaced, keyed, jsonLike).map((line) => Buffer.from(JSON.stringify(line)));
  return fc
    .oneof(
      { weight: 4, arbitrary: written },
      { weight: 2, arbitrary: written.chain((line) => damage(line)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map(withoutNewlines) },
    )
    .map(withTextForm);
}

/** Random bytes, and these contents with some bytes damaged. */
export function bytesLike(whole: readonly Buffer[]): fc.Arbitrary<Uint8Array> {
  const some = fc.constantFrom(...whole).chain((bytes) => damage(bytes));
  return fc.oneof(fc.uint8Array({ maxLength: 200 }), some).map(withTextForm);
}

/** The same bytes, which a counterexample prints as text. */
function withTextForm(bytes: Uint8Array): Uint8Array {
  const toText = () => `latin1 ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`;
  return Object.defineProperty(bytes.slice(), fc.toStringMethod, { value: toText });
}

function damage(whole: Buffer): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: whole.length });
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom(...HOSTILE.slice(0, 5)).map((text) => Buffer.from(text)),
  );
  return fc
    .array(fc.tuple(place, fc.nat({ max: 6 }), piece), { maxLength: 3 })
    .map((cuts) =>
      cuts.reduce<Uint8Array>(
        (bytes, [at, removed, added]) =>
          Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]),
        whole,
      ),
    )
    .chain((bytes) =>
      fc.oneof(
        fc.constant(bytes),
        place.map((end) => bytes.subarray(0, end)),
      ),
    )
    .map(withoutNewlines);
}

function withoutNewlines(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte) => byte !== 0x0a);
}

/** The same tree with another value at the n-th place, counted in order and modulo the number of places. */
function withValue(tree: unknown, place: number, value: unknown): unknown {
  const places: (() => unknown)[] = [];
  const visit = (node: unknown, rebuild: (next: unknown) => unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, inner] of Object.entries(node)) {
      const withInner = (next: unknown) =>
        rebuild(Array.isArray(node) ? node.with(Number(name), next) : { ...node, [name]: next });
      places.push(() => withInner(value));
      visit(inner, withInner);
    }
  };
  visit(tree, (next) => next);
  return places[place % places.length]?.() ?? tree;
}
