import { describe, expect, it } from 'vitest';
import { buildManifest, listProblems, yamlWith } from './support.ts';

const overrides = { model: 'nano-banana-pro' };
const base = {
  file: 'head.yaml',
  format: 'yaml',
  content:
    'model: nano-banana-pro\ndefaults: { aspectRatio: "4:5" }\nreferences: { a: https://e.com/a, b: https://e.com/b }\n',
} as const;

describe('CSV', () => {
  it('reads items from columns, references separated by ";" and metadata after "metadata."', () => {
    const text =
      '\uFEFFkey , prompt,aspectRatio,imageSize,count,references,metadata.sku,metadata.shelf no\r\n' +
      'hero,"A ""green"" bottle,\r\non slate",16:9,2K,3,a; b,B-204,7\r\n' +
      '\r\n' +
      'flat,plain,,,,,,\r\n';
    expect(buildManifest(text, 'csv', { base })).toMatchObject({
      name: 'autumn',
      model: 'gemini-3-pro-image',
      items: [
        {
          key: 'hero',
          prompt: 'A "green" bottle,\r\non slate',
          aspectRatio: '16:9',
          imageSize: '2K',
          count: 3,
          references: ['a', 'b'],
          metadata: { sku: 'B-204', 'shelf no': '7' },
        },
        { key: 'flat', aspectRatio: '4:5', imageSize: '1K', count: 1, references: [] },
      ],
    });
  });

  it('reports correct places after empty lines, doubled quotes and line ends of each kind', () => {
    const text = 'key,prompt\r\n\r\nhero,"a ""b"",\r\nc"\r\n\n\rflat,é 👩‍👩‍👧\r\r\n.x,"y"\n\r\n.z,y';
    expect(
      listProblems(text, 'csv', { overrides }).map(({ line, column, key }) => [line, column, key]),
    ).toEqual([
      [7, 1, '.x'],
      [9, 1, '.z'],
    ]);
  });

  it.each([
    ['key,prompt,size\na,x,1K\n', 1, 12, 'unknown-field', 'The columns are key'],
    ['key,promt\na,x\n', 1, 5, 'unknown-field', 'Did you mean "prompt"?'],
    ['key,prompt,key\na,x,b\n', 1, 12, 'duplicate-field', 'Keep one'],
    ['key;prompt\na;x\n', 1, 1, 'unknown-field', 'Separate the columns with commas.'],
    ['key,prompt\na,x,y\n', 2, 1, 'syntax', 'quotes'],
    ['key,prompt\na,"x" y\n', 2, 1, 'syntax', 'quotes'],
    ['key,prompt\na,x\nb,"y\n', 3, 1, 'syntax', 'quotes'],
    ['key,prompt\n', 1, 1, 'wrong-value', 'At least one item.'],
  ])('reports %j in line %i, column %i as %s', (text, line, column, code, fix) => {
    expect(listProblems(text, 'csv', { overrides })).toMatchObject([
      { line, column, code, fix: expect.stringContaining(fix) },
    ]);
  });
});

describe('JSONL', () => {
  it('reports a malformed line and still checks the others', () => {
    const text = '{"key":"a","prompt":"x"}\n{"key":\n\n{"key":"b","prompt":"y","count":0}\nnope\n';
    expect(listProblems(text, 'jsonl', { overrides }).map(({ line, code }) => [line, code])).toEqual([
      [2, 'syntax'],
      [4, 'wrong-value'],
      [5, 'syntax'],
    ]);
  });

  it('takes the name of the manifest from the file name', () => {
    expect(
      buildManifest('{"key":"a","prompt":"x"}', 'jsonl', { overrides, file: 'runs/May 5.jsonl' }).name,
    ).toBe('May 5');
  });
});

describe('flags and base files', () => {
  it('let flags replace the model, run and defaults, but not the values of items', () => {
    const text = yamlWith(
      '  - { key: a, prompt: x, count: 5 }\n  - { key: b, prompt: y }\n',
      'defaults: { count: 3, seed: 7 }\nrun: { maxRounds: 2, maxCostUsd: 1 }\n',
    );
    const overrides = { model: 'nano-banana-2.1', count: 2, maxCostUsd: 40, imageSize: '2K' };
    expect(buildManifest(text, 'yaml', { overrides })).toMatchObject({
      model: 'gemini-nano-banana-2.1',
      items: [
        { count: 5, seed: 7, imageSize: '2K' },
        { count: 2, seed: 7, imageSize: '2K' },
      ],
      run: { maxRounds: 2, maxCostUsd: 40 },
    });
  });

  it('report a name and items in a base file', () => {
    const content = 'model: nano-banana-pro\nname: other\nitems: []\n';
    expect(listProblems('key,prompt\na,x\n', 'csv', { base: { ...base, content } })).toMatchObject([
      { file: 'head.yaml', line: 2, code: 'misplaced-field' },
      { file: 'head.yaml', line: 3, code: 'misplaced-field' },
    ]);
  });

  it('report a base file that is given for YAML', () => {
    expect(listProblems(yamlWith('  - { key: a, prompt: x }\n'), 'yaml', { base })).toMatchObject([
      { file: 'head.yaml', code: 'misplaced-field' },
    ]);
  });
});
