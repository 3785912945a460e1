import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { property } from '../../support/property.ts';
import { samples } from '../../support/samples.ts';
import { listProblems, parse, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';

describe('parseManifest, for hostile files', () => {
  it.each([
    ['open brackets in YAML', 'yaml', '['.repeat(100_000), 'too-deep'],
    ['brackets in YAML', 'yaml', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'too-deep'],
    ['flow maps in YAML', 'yaml', `a: ${'{a: '.repeat(5000)}`, 'too-deep'],
    ['lists in YAML', 'yaml', '- '.repeat(50_000), 'too-deep'],
    ['complex keys in YAML', 'yaml', '? '.repeat(50_000), 'too-deep'],
    ['lists in JSON', 'json', '['.repeat(1_000_000), 'too-deep'],
    ['maps in JSON', 'json', '{"a":'.repeat(1_000_000), 'too-deep'],
    ['lists in JSONL', 'jsonl', '['.repeat(1_000_000), 'too-deep'],
    ['many values in JSON', 'json', `[${'1,'.repeat(300_000)}1]`, 'too-large'],
    ['many tokens in YAML', 'yaml', `- 1\n`.repeat(300_000), 'too-large'],
  ] as const)('stops early at %s', (_, format, text, code) => {
    expect(listProblems(text, format).map((problem) => problem.code)).toEqual([code]);
  });

  it('stops at nested aliases before they expand', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 10; n += 1) {
      const before = String.fromCharCode(96 + n);
      const name = String.fromCharCode(97 + n);
      bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(listProblems(bomb.join('\n'))).toMatchObject([{ code: 'too-large' }]);
  });

  it('stops at many aliases of a long text before they expand', () => {
    const aliases = Array(1000).fill('*a').join(', ');
    expect(listProblems(`a: &a ${'x'.repeat(50_000)}\nb: [${aliases}]\n`)).toMatchObject([
      { code: 'too-large' },
    ]);
  });

  it('stops at an alias that contains itself', () => {
    expect(listProblems('&a [*a]')).toMatchObject([{ code: 'too-deep' }]);
  });

  it('reports an alias without an anchor', () => {
    expect(listProblems('a: *nothing')).toMatchObject([{ line: 1, column: 4, code: 'syntax' }]);
  });

  it('reports a NUL byte, an unpaired surrogate and bytes that are not UTF-8', () => {
    expect(listProblems('name: a\0b')).toMatchObject([{ line: 1, column: 8, code: 'not-text' }]);
    expect(listProblems('key,\uD800', 'csv')).toMatchObject([{ line: 1, column: 5, code: 'not-text' }]);
    expect(listProblems(Uint8Array.of(0x61, 0xc3, 0x28))).toMatchObject([{ code: 'not-text' }]);
  });

  it.each(['yaml', 'json', 'jsonl', 'csv'] as const)('reports an empty file as invalid %s', (format) => {
    expect(listProblems('\uFEFF \r\n', format)).toMatchObject([{ line: 1, column: 1, code: 'syntax' }]);
  });

  it('refuses a custom tag, a second document and a map as a field name', () => {
    expect(listProblems('a: !!js/function x')).toMatchObject([{ code: 'syntax' }]);
    expect(listProblems(`${yamlWith(ONE)}---\nb: 1\n`)).toMatchObject([{ line: 5, code: 'syntax' }]);
    expect(listProblems('? [a]\n: 1\n')).toMatchObject([{ code: 'syntax' }]);
  });

  it('does not let a manifest reach the prototype of an object', () => {
    const problems = listProblems(
      yamlWith(
        '  - { key: a, prompt: x, references: [constructor, __proto__] }\n',
        '__proto__: { x: 1 }\nreferences: { __proto__: https://example.com/a }\n',
      ),
    );
    expect(problems.map(({ line, code }) => [line, code])).toEqual([
      [3, 'unknown-field'],
      [4, 'wrong-value'],
      [6, 'unknown-reference'],
    ]);
  });

  it('refuses numbers that JSON cannot represent', () => {
    const text = yamlWith('  - { key: a, prompt: x, metadata: { n: .nan } }\n');
    expect(listProblems(text)).toMatchObject([{ line: 4, column: 41, code: 'wrong-value' }]);
  });

  const valid = yamlWith(
    '  - &i { key: a, prompt: "x", references: [r], metadata: { m: [1, {a: |\n    b\n  }] } }\n',
    'defaults: { count: 2, safetySettings: [] }\nreferences:\n  r: [https://e.com]\nrun: { deadline: 5h }\n',
  );
  const damaged = fc
    .array(
      fc.tuple(
        fc.nat(valid.length),
        fc.nat(3),
        fc.constantFrom(...'[]{}:,-?&*!|>\'"%@#~\n\t ', '<<: *i', '!!set'),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((edits) =>
      edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), valid),
    );
  const anything = fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.uint8Array());
  property([anything, fc.constantFrom('yaml', 'json', 'jsonl', 'csv')], samples(100, 500))(
    'returns a manifest or a list of problems for any content',
    (content, format) => {
      const result = parse(content, format, { overrides: { model: 'nano-banana-pro' } });
      if (!result.ok) expect(result.problems).not.toEqual([]);
    },
  );

  it('reports only too-many-outputs for a file with too many lines or rows', () => {
    const overrides = { model: 'nano-banana-pro' };
    const lines = Array.from({ length: 5000 }, (_, n) => `{"key":"k${n}","prompt":"x"}`).join('\n');
    const rows = `key,prompt\n${Array.from({ length: 5000 }, (_, n) => `k${n},x`).join('\n')}`;
    expect(listProblems(lines, 'jsonl', { overrides })).toMatchObject([{ code: 'too-many-outputs' }]);
    expect(listProblems(rows, 'csv', { overrides })).toMatchObject([{ code: 'too-many-outputs' }]);
  });
});
