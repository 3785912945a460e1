import { describe, expect, it } from 'vitest';
import { listProblems, yamlWith } from './support.ts';

describe('the place of a problem', () => {
  it('is line and column of the value in YAML, with the key of its item', () => {
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

  it('is that of the name where a field does not exist', () => {
    const text = yamlWith('  - { key: hero, prompt: a bottle, aspectratio: "4:5" }\n');
    expect(listProblems(text)).toMatchObject([
      { line: 4, column: 36, key: 'hero', code: 'unknown-field', fix: 'Did you mean "aspectRatio"?' },
    ]);
  });

  it('is that of the entry where one of a list is wrong', () => {
    const top = 'references:\n  brand: [https://e.com/a, 7]\n';
    const text = yamlWith('  - { key: a, prompt: x, references: [brand] }\n', top);
    expect(listProblems(text)).toMatchObject([{ line: 4, column: 28, code: 'wrong-type' }]);
  });

  it('is that of the map where a field is missing', () => {
    const text = yamlWith('  - prompt: a bottle\n  - key: b\n');
    expect(listProblems(text)).toMatchObject([
      { line: 4, column: 5, code: 'missing-field', message: '"key" is missing.' },
      { line: 5, column: 5, key: 'b', code: 'missing-field', message: '"prompt" is missing.' },
    ]);
  });

  it('is where an anchor stands when an alias repeats what is wrong', () => {
    const text = yamlWith('  - key: a\n    prompt: &p "  "\n  - key: b\n    prompt: *p\n');
    expect(listProblems(text)).toMatchObject([
      { line: 5, column: 16, key: 'a' },
      { line: 5, column: 16, key: 'b' },
    ]);
  });

  it('is line and column in JSON', () => {
    const text =
      '{\n  "name": "a",\n  "model": "nano-banana-pro",\n  "items": [{"key": "a", "prompt": 7}]\n}';
    expect(listProblems(text, 'json')).toMatchObject([{ line: 4, column: 36, key: 'a', code: 'wrong-type' }]);
  });

  it('is line and column of the line in JSONL', () => {
    const text = '{"key":"a","prompt":"x"}\r\n\r\n{"key":"b","prompt":""}\r\n';
    expect(listProblems(text, 'jsonl', { overrides: { model: 'nano-banana-pro' } })).toMatchObject([
      { line: 3, column: 21, key: 'b', code: 'empty-prompt' },
    ]);
  });

  it('is that of the cell in CSV, behind quoted line ends and commas too', () => {
    const text = '\uFEFFkey,prompt,count\r\na,"one, two\r\n""three""",0\r\nb,x,many\r\n';
    expect(listProblems(text, 'csv', { overrides: { model: 'nano-banana-pro' } })).toMatchObject([
      { line: 3, column: 12, key: 'a', code: 'wrong-value' },
      { line: 4, column: 5, key: 'b', code: 'wrong-type', message: '"count" is the text "many".' },
    ]);
  });

  it('is that of the base for what the base says, and the flag for what a flag says', () => {
    const base = { file: 'head.yaml', format: 'yaml', content: 'modle: x\nrun: { maxRounds: 0 }\n' } as const;
    const overrides = { model: 'nano', deadline: 'soon' };
    expect(listProblems('key,prompt\na,x\n', 'csv', { base, overrides })).toMatchObject([
      { file: 'head.yaml', line: 1, column: 1, code: 'unknown-field', fix: 'Did you mean "model"?' },
      { file: 'head.yaml', line: 2, column: 19, code: 'wrong-value' },
      { file: '--deadline', code: 'wrong-value' },
      { file: '--model', code: 'unknown-model' },
    ]);
  });
});

describe('all problems', () => {
  it('are there at once, in the order of the file, those of broken items too', () => {
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
      [3, 'wrong-value'],
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

  it('are at most 200, and a last line says how many more there are', () => {
    const items = Array.from({ length: 300 }, (_, n) => `  - { key: k${n}, prompt: "" }`).join('\n');
    const problems = listProblems(yamlWith(items));
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toMatchObject({ code: 'more-problems', message: 'There are 100 more problems.' });
  });

  it('name the line of both items whose keys are the same', () => {
    const text = yamlWith('  - { key: Straße, prompt: x }\n  - { key: STRASSE, prompt: x }\n');
    expect(listProblems(text)).toMatchObject([
      { line: 5, code: 'duplicate-key', message: '"STRASSE" is the same key as "Straße" in line 4.' },
    ]);
  });

  it('show a number as it was written, to be put in quotes', () => {
    expect(listProblems(yamlWith('  - { key: 0012, prompt: x }\n'))).toMatchObject([
      { code: 'wrong-type', message: '"key" is 0012.', fix: 'Write it in quotes: "0012".' },
    ]);
  });
});
