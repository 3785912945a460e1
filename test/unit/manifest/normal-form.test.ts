import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { MODELS } from '../../../src/batch/models.ts';
import { computeFingerprint, serialiseManifest } from '../../../src/manifest/index.ts';
import { findKeyMistake, foldKey } from '../../../src/manifest/key.ts';
import { property } from '../../support/property.ts';
import { samples } from '../../support/samples.ts';
import { buildManifest, parse, yamlWith } from './support.ts';

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((value) => value.trim() !== '' && !value.includes('\0'));
const line = text.filter((value) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value));
const key = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((value) => !findKeyMistake(value));
const reference = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const source = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
  fc.nat(99).map((n) => `https://example.com/${n}.png`),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const input = fc
  .record({ model: fc.constantFrom(...MODELS), references: fc.dictionary(reference, source, { maxKeys: 3 }) })
  .chain(({ model, references }) => {
    const options = {
      aspectRatio: optional(fc.constantFrom(...model.ratios)),
      imageSize: optional(fc.constantFrom(...model.sizes)),
      count: optional(fc.integer({ min: 1, max: 50 })),
      systemInstruction: optional(text),
      seed: optional(fc.integer({ min: -1000, max: 1000 })),
      temperature: optional(fc.double({ min: 0, max: 2, noNaN: true })),
    };
    const item = fc.record({
      key,
      prompt: text,
      references: optional(fc.subarray(Object.keys(references))),
      metadata: optional(
        fc.dictionary(text, fc.oneof(text, fc.integer(), fc.constantFrom(null, true, [1, { a: [] }]))),
      ),
      ...options,
    });
    return fc.record({
      name: line,
      model: fc.constantFrom(model.id, ...model.names),
      references: fc.constant(references),
      defaults: optional(fc.record(options)),
      items: fc.uniqueArray(item, { minLength: 1, maxLength: 6, selector: (each) => foldKey(each.key) }),
      run: optional(
        fc.record({
          maxRounds: optional(fc.integer({ min: 1, max: 10 })),
          deadline: optional(fc.constant('50h')),
        }),
      ),
    });
  })
  .map((value) => JSON.parse(JSON.stringify(value)));

describe('a normalised manifest', () => {
  property([input], samples(30, 100))('is unchanged after it is written and parsed again', (value) => {
    const manifest = buildManifest(JSON.stringify(value), 'json');
    const stored = serialiseManifest(manifest);
    expect(buildManifest(stored, 'json')).toEqual(manifest);
    expect(serialiseManifest(buildManifest(stored, 'json'))).toBe(stored);
  });

  property([input], samples(30, 100))(
    'has the same fingerprint for every format, field order and white space',
    (value) => {
      const written = computeFingerprint(buildManifest(JSON.stringify(value), 'json'));
      const reordered = JSON.stringify(reversed(value), null, 3);
      expect(computeFingerprint(buildManifest(reordered, 'json'))).toBe(written);
      expect(computeFingerprint(buildManifest(stringify(value), 'yaml'))).toBe(written);
      expect(computeFingerprint(buildManifest(reordered, 'yaml'))).toBe(written);
    },
  );

  it('has defaults in each item, the id of the model and references as lists', () => {
    const manifest = buildManifest(
      yamlWith(
        '  - { key: a, prompt: x, references: [bottle], seed: 7 }\n  - { key: b, prompt: y, count: 1, aspectRatio: "1:1" }\n',
        'defaults: { aspectRatio: "4:5", count: 3, temperature: 1 }\nreferences: { bottle: https://example.com/a.png }\n',
      ),
    );
    expect(manifest).toEqual({
      name: 'autumn',
      model: 'gemini-3-pro-image',
      references: { bottle: ['https://example.com/a.png'] },
      items: [
        {
          key: 'a',
          prompt: 'x',
          aspectRatio: '4:5',
          imageSize: '1K',
          count: 3,
          references: ['bottle'],
          seed: 7,
          temperature: 1,
        },
        {
          key: 'b',
          prompt: 'y',
          aspectRatio: '1:1',
          imageSize: '1K',
          count: 1,
          references: [],
          temperature: 1,
        },
      ],
      run: {},
    });
  });

  it('changes its fingerprint with its items, but not with `run` or `parent`', () => {
    const of = (items: string, top = '') => computeFingerprint(buildManifest(yamlWith(items, top)));
    const one = of('  - { key: a, prompt: x }\n');
    expect(of('  - { key: a, prompt: x }\n', 'run: { maxCostUsd: 4 }\nparent: autumn-1\n')).toBe(one);
    expect(of('  - { key: a, prompt: y }\n')).not.toBe(one);
    expect(of('  - { key: a, prompt: x, count: 2 }\n')).not.toBe(one);
    expect(of('  - { key: a, prompt: x, metadata: { a: 1 } }\n')).not.toBe(one);
  });

  it('has its keys and reference names in NFC', () => {
    const manifest = buildManifest(
      yamlWith(
        '  - { key: "cafe\\u0301", prompt: x, references: ["e\\u0301"] }\n',
        'references: { é: https://example.com/a }\n',
      ),
    );
    expect(manifest.items[0]).toMatchObject({ key: 'café', references: ['é'] });
    expect(Object.keys(manifest.references)).toEqual(['é']);
  });

  it('is refused if repeated defaults make it larger than the limit', () => {
    const items = Array.from({ length: 1000 }, (_, n) => `  - { key: k${n}, prompt: x }`).join('\n');
    const result = parse(yamlWith(items, `defaults: { systemInstruction: ${'y'.repeat(40_000)} }\n`));
    expect(result).toMatchObject({ ok: false, problems: [{ code: 'too-large' }] });
  });
});

/** The same value with the fields of every map in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, content]) => [name, reversed(content)]),
  );
}
