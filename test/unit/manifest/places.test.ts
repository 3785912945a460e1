import { describe, expect, it } from 'vitest';
import { listProblems, yamlWith } from './support.ts';

describe('the place of a problem', () => {
  it('is the line and column of the value in YAML, with the key of its item', () => {
    const text = yamlWith('  - key: hero\n    prompt: a bottle\n    aspectRatio: "4:6"\n');
    expect(listProblems(text)).toEqual([
      {
        file: 'autumn.yaml',
        line: 6,
        column: 18,
        key: 'hero',
        code: 'ratio-not-offered',
        message: 'Nano Banana Pro does not offer "4:6".',
        fix: 'Did you mean 2:3?',
      },
    ]);
  });

  it('is the name of an unknown field', () => {
    const text = yamlWith('  - { key: hero, prompt: a bottle, aspectratio: "4:5" }\n');
    expect(listProblems(text)).toMatchObject([
      { line: 4, column: 36, key: 'hero', code: 'unknown-field', fix: 'Did you mean "aspectRatio"?' },
    ]);
  });

  it('is the entry of a list that is wrong', () => {
    const top = 'references:\n  brand: [https://e.com/a, 7]\n';
    const text = yamlWith('  - { key: a, prompt: x, references: [brand] }\n', top);
    expect(listProblems(text)).toMatchObject([{ line: 4, column: 28, code: 'wrong-type' }]);
  });

  it('is the map in which a field is missing', () => {
    const text = yamlWith('  - prompt: a bottle\n  - key: b\n');
    expect(listProblems(text)).toMatchObject([
      { line: 4, column: 5, code: 'missing-field', message: '"key" is missing.' },
      { line: 5, column: 5, key: 'b', code: 'missing-field', message: '"prompt" is missing.' },
    ]);
  });

  it('is the anchor if an alias repeats a wrong value', () => {
    const text = yamlWith('  - key: a\n    prompt: &p "  "\n  - key: b\n    prompt: *p\n');
    expect(listProblems(text)).toMatchObject([
      { line: 5, column: 16, key: 'a' },
      { line: 5, column: 16, key: 'b' },
    ]);
  });

  it('is the line and column in JSON', () => {
    const text =
      '{\n  "name": "a",\n  "model": "nano-banana-pro",\n  "items": [{"key": "a", "prompt": 7}]\n}';
    expect(listProblems(text, 'json')).toMatchObject([{ line: 4, column: 36, key: 'a', code: 'wrong-type' }]);
  });

  it('is the line of the file and the column in JSONL', () => {
    const text = '{"key":"a","prompt":"x"}\r\n\r\n{"key":"b","prompt":""}\r\n';
    expect(listProblems(text, 'jsonl', { overrides: { model: 'nano-banana-pro' } })).toMatchObject([
      { line: 3, column: 21, key: 'b', code: 'empty-prompt' },
    ]);
  });

  it('is the cell in CSV, also after quoted line ends and commas', () => {
    const text = '\uFEFFkey,prompt,count\r\na,"one, two\r\n""three""",0\r\nb,x,many\r\n';
    expect(listProblems(text, 'csv', { overrides: { model: 'nano-banana-pro' } })).toMatchObject([
      { line: 3, column: 12, key: 'a', code: 'wrong-value' },
      { line: 4, column: 5, key: 'b', code: 'wrong-type', message: '"count" is the text "many".' },
    ]);
  });

  it('names the base file for its fields and the flag for its value', () => {
    const base = { file: 'head.yaml', format: 'yaml', content: 'modle: x\nrun: { maxRounds: 0 }\n' } as const;
    const overrides = { model: 'nano', deadline: 'soon' };
    expect(listProblems('key,prompt\na,x\n', 'csv', { base, overrides })).toMatchObject([
      { file: 'head.yaml', line: 1, column: 1, code: 'unknown-field', fix: 'Did you mean "model"?' },
      { file: 'head.yaml', line: 2, column: 19, code: 'usage' },
      { file: '--deadline', code: 'usage' },
      { file: '--model', code: 'unknown-model' },
    ]);
  });
});

describe('the problems of a manifest', () => {
  it('are all reported in the order of the file, including those of invalid items', () => {
    const text = yamlWith(
      [
        '  - { key: a, prompt: x, count: none, aspectRatio: "1:3" }',
        '  - { key: A, prompt: " ", refs: [], references: [bottle] }',
        '  - 7',
        '  - { key: con, prompt: x, imageSize: 1k }',
      ].join('\n'),
      'run: { maxRounds: 99 }\n',
    );
    expect(listProblems(text).map(({ line, code }) => [line, code])).toEqual([
      [3, 'usage'],
      [5, 'wrong-type'],
      [5, 'ratio-not-offered'],
      [6, 'duplicate-key'],
      [6, 'empty-prompt'],
      [6, 'unknown-field'],
      [6, 'unknown-reference'],
      [7, 'wrong-type'],
      [8, 'unsafe-key'],
      [8, 'size-not-offered'],
    ]);
  });

  it('are limited to 200, followed by the number of the others', () => {
    const items = Array.from({ length: 300 }, (_, n) => `  - { key: k${n}, prompt: "" }`).join('\n');
    const problems = listProblems(yamlWith(items));
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toMatchObject({
      code: 'more-problems',
      message: '100 more problems were found.',
    });
  });

  it('name both lines of two items with the same key', () => {
    const text = yamlWith('  - { key: Straße, prompt: x }\n  - { key: STRASSE, prompt: x }\n');
    expect(listProblems(text)).toMatchObject([
      { line: 5, code: 'duplicate-key', message: '"STRASSE" is the same key as "Straße" on line 4.' },
    ]);
  });

  it('quote a number as it was written', () => {
    expect(listProblems(yamlWith('  - { key: 0012, prompt: x }\n'))).toMatchObject([
      { code: 'wrong-type', message: '"key" is 0012.', fix: 'Write it in quotes: "0012".' },
    ]);
  });
});
