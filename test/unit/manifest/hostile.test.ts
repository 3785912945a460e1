import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { property } from '../../support/property.ts';
import { samples } from '../../support/samples.ts';
import { listProblems, parse, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';

describe('a hostile file', () => {
  it.each([
    ['of open brackets in YAML', 'yaml', '['.repeat(100_000), 'too-deep'],
    ['of brackets in YAML', 'yaml', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'too-deep'],
    ['of flow maps in YAML', 'yaml', `a: ${'{a: '.repeat(5000)}`, 'too-deep'],
    ['of lists in YAML', 'yaml', '- '.repeat(50_000), 'too-deep'],
    ['of complex keys in YAML', 'yaml', '? '.repeat(50_000), 'too-deep'],
    ['of lists in JSON', 'json', '['.repeat(1_000_000), 'too-deep'],
    ['of maps in JSON', 'json', '{"a":'.repeat(1_000_000), 'too-deep'],
    ['of lists in JSONL', 'jsonl', '['.repeat(1_000_000), 'too-deep'],
    ['of many values in JSON', 'json', `[${'1,'.repeat(300_000)}1]`, 'too-large'],
    ['of many tokens in YAML', 'yaml', `- 1\n`.repeat(300_000), 'too-large'],
  ] as const)('%s is stopped early', (_, format, text, code) => {
    expect(listProblems(text, format).map((problem) => problem.code)).toEqual([code]);
  });

  it('of aliases inside aliases is stopped before it unfolds', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 10; n += 1) {
      const before = String.fromCharCode(96 + n);
      const name = String.fromCharCode(97 + n);
      bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(listProblems(bomb.join('\n'))).toMatchObject([{ code: 'too-large' }]);
  });

  it('of an alias for a long text is stopped before it unfolds', () => {
    const aliases = Array(1000).fill('*a').join(', ');
    expect(listProblems(`a: &a ${'x'.repeat(50_000)}\nb: [${aliases}]\n`)).toMatchObject([
      { code: 'too-large' },
    ]);
  });

  it('that holds itself is stopped', () => {
    expect(listProblems('&a [*a]')).toMatchObject([{ code: 'too-deep' }]);
  });

  it('with an alias of nothing is told so', () => {
    expect(listProblems('a: *nothing')).toMatchObject([{ line: 1, column: 4, code: 'syntax' }]);
  });

  it('with a NUL byte, or of bytes that are no UTF-8, is no text', () => {
    expect(listProblems('name: a\0b')).toMatchObject([{ line: 1, column: 8, code: 'not-text' }]);
    expect(listProblems('key,\uD800', 'csv')).toMatchObject([{ line: 1, column: 5, code: 'not-text' }]);
    expect(listProblems(Uint8Array.of(0x61, 0xc3, 0x28))).toMatchObject([{ code: 'not-text' }]);
  });

  it.each(['yaml', 'json', 'jsonl', 'csv'] as const)('with nothing in it is no %s', (format) => {
    expect(listProblems('\uFEFF \r\n', format)).toMatchObject([{ line: 1, column: 1, code: 'syntax' }]);
  });

  it('with a tag of a program, a second document or a map as a name is refused', () => {
    expect(listProblems('a: !!js/function x')).toMatchObject([{ code: 'syntax' }]);
    expect(listProblems(`${yamlWith(ONE)}---\nb: 1\n`)).toMatchObject([{ line: 5, code: 'syntax' }]);
    expect(listProblems('? [a]\n: 1\n')).toMatchObject([{ code: 'syntax' }]);
  });

  it('cannot reach the prototype of anything', () => {
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

  it('with numbers that JSON cannot hold is refused', () => {
    const text = yamlWith('  - { key: a, prompt: x, metadata: { n: .nan } }\n');
    expect(listProblems(text)).toMatchObject([{ line: 4, column: 41, code: 'wrong-value' }]);
  });

  const sound = yamlWith(
    '  - &i { key: a, prompt: "x", references: [r], metadata: { m: [1, {a: |\n    b\n  }] } }\n',
    'defaults: { count: 2, safetySettings: [] }\nreferences:\n  r: [https://e.com]\nrun: { deadline: 5h }\n',
  );
  const damaged = fc
    .array(
      fc.tuple(
        fc.nat(sound.length),
        fc.nat(3),
        fc.constantFrom(...'[]{}:,-?&*!|>\'"%@#~\n\t ', '<<: *i', '!!set'),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((edits) =>
      edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), sound),
    );
  const anything = fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.uint8Array());
  property([anything, fc.constantFrom('yaml', 'json', 'jsonl', 'csv')], samples(100, 500))(
    'is a manifest or has problems, whatever it holds',
    (content, format) => {
      const result = parse(content, format, { overrides: { model: 'nano-banana-pro' } });
      if (!result.ok) expect(result.problems).not.toEqual([]);
    },
  );

  it('with too many lines or rows says that there are too many outputs', () => {
    const overrides = { model: 'nano-banana-pro' };
    const lines = Array.from({ length: 5000 }, (_, n) => `{"key":"k${n}","prompt":"x"}`).join('\n');
    const rows = `key,prompt\n${Array.from({ length: 5000 }, (_, n) => `k${n},x`).join('\n')}`;
    expect(listProblems(lines, 'jsonl', { overrides })).toMatchObject([{ code: 'too-many-outputs' }]);
    expect(listProblems(rows, 'csv', { overrides })).toMatchObject([{ code: 'too-many-outputs' }]);
  });
});
