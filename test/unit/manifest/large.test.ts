import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../../src/manifest/index.ts';
import { buildManifest, listProblems, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';

/**
 * Inputs that take hours or all the memory, or end the process, in a careless reader. Each of these did so once. A test
 * that hangs or ends the run has failed.
 */

const MB = 1_000_000;
const head = { name: 'a', model: 'nano-banana-pro' };
const json = (rest: object) => JSON.stringify({ ...head, ...rest });
const item = (rest: object) => json({ items: [{ key: 'a', prompt: 'x', ...rest }] });
const marks = '\u0301\u0323'.repeat(MB / 2);
const numbered = (letter: string) => Array.from({ length: 50_000 }, (_, n) => `${letter}${n}`);
/** Characters of which no two are equal. */
const cjk = Array.from({ length: 8_000 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('');
const columns = Array.from({ length: 200_000 }, (_, n) => `metadata.c${n}`).join(',');

const listCodes = (text: string, format: 'yaml' | 'json' | 'jsonl' | 'csv') =>
  listProblems(text, format, { overrides: { model: 'nano-banana-pro' } }).map(({ code }) => code);

describe('parseManifest, for files at the limits', () => {
  it.each([
    ['a text of 24 MB', 'json', item({ prompt: 'x'.repeat(24 * MB) }), ['text-too-long']],
    [
      'a text of 8 million escapes',
      'json',
      item({ prompt: '\n'.repeat(8 * MB) }),
      ['text-too-long', 'empty-prompt'],
    ],
    ['a text of 24 MB without its end', 'json', `{"name":"${'x'.repeat(24 * MB)}`, ['syntax']],
    ['more than 8 MiB', 'yaml', `a: "${'x'.repeat(9 * MB)}"`, ['too-large']],
    [
      '50,000 aliases of one text',
      'yaml',
      yamlWith('  []\n', `extra: [&a x, ${'*a, '.repeat(50_000)}]\n`),
      ['unknown-field', 'wrong-value'],
    ],
    [
      'a name of 8 MB with a line end',
      'json',
      json({ name: `${'x'.repeat(8 * MB)}\n`, items: [] }),
      ['wrong-value', 'wrong-value'],
    ],
    [
      '16 million names in a cell',
      'csv',
      `key,prompt,references\na,x,${'a;'.repeat(16 * MB)}`,
      ['too-large'],
    ],
    [
      '4 million bad escapes',
      'yaml',
      `name: "${'\\q'.repeat(4 * MB)}"`,
      expect.arrayContaining(['syntax', 'more-problems']),
    ],
    [
      '200,000 tokens that are errors',
      'yaml',
      ']\n'.repeat(200_000),
      expect.arrayContaining(['syntax', 'more-problems']),
    ],
    [
      '38,000 aliases of a name of 800 combining marks',
      'yaml',
      yamlWith(
        `  - { key: a, prompt: x, references: [&m "${'\u0301'.repeat(400)}${'\u0323'.repeat(399)}", ${'*m, '.repeat(38_000)}] }\n`,
      ),
      expect.arrayContaining(['unknown-reference', 'more-problems']),
    ],
    [
      '3,900 aliases of a URL with a host of 8,000 characters',
      'yaml',
      yamlWith(ONE, `references: { r: [&u https://${cjk}, ${'*u, '.repeat(3_900)}] }\n`),
      expect.arrayContaining(['unsupported-source', 'more-problems']),
    ],
    [
      '1,000 URLs with a host of 8,000 characters',
      'json',
      json({
        references: { r: Array.from({ length: 1000 }, (_, n) => `https://${n}${cjk}`) },
        items: [{ key: 'a', prompt: 'x', references: ['r'] }],
      }),
      expect.arrayContaining(['unsupported-source', 'more-problems']),
    ],
    [
      '100,000 words that are nearly right',
      'json',
      item({
        safetySettings: Array.from({ length: 50_000 }, () => ({
          category: 'HARM_CATEGORY_HARASSMEMT',
          threshold: 'BLOCK_LOW_AND_ABOVF',
        })),
      }),
      expect.arrayContaining(['wrong-value', 'more-problems']),
    ],
    ['8 MB of commas', 'csv', ','.repeat(8 * MB), ['too-large']],
    ['rows of 30,000 cells', 'csv', `key,prompt\n${`${','.repeat(30_000)}\n`.repeat(200)}`, ['too-large']],
    ['200,000 columns of metadata', 'csv', `key,prompt,${columns}\n`, ['wrong-value']],
    [
      '100,000 unknown columns',
      'csv',
      `${'x,'.repeat(100_000)}\n`,
      expect.arrayContaining(['unknown-field', 'more-problems']),
    ],
    ['a cell of 8 MB', 'csv', `key,prompt\na,"${'x'.repeat(8 * MB)}"\n`, ['text-too-long']],
    ['4 million line ends', 'csv', `key,prompt\n${'\n'.repeat(4 * MB)}a\n`, ['syntax']],
    ['a key of a million combining marks', 'json', item({ key: marks }), ['unsafe-key']],
    [
      'a reference name of a million combining marks',
      'json',
      json({
        references: { [marks]: 'https://e.com' },
        items: [{ key: 'a', prompt: 'x', references: [marks] }],
      }),
      ['wrong-value'],
    ],
    [
      'two reference names of 200,000 letters',
      'json',
      json({
        items: [{ key: 'a', prompt: 'x', references: ['b'.repeat(200_000)] }],
        references: { ['c'.repeat(200_000)]: 'https://e.com' },
      }),
      ['unknown-reference', 'wrong-value'],
    ],
    [
      '50,000 references and 50,000 unknown names',
      'json',
      json({
        references: Object.fromEntries(numbered('r').map((name) => [name, 'https://e.com'])),
        items: [{ key: 'a', prompt: 'x', references: numbered('q') }],
      }),
      expect.arrayContaining(['unknown-reference', 'more-problems']),
    ],
    [
      'a URL of 10,000 characters',
      'json',
      json({
        references: { r: `https://e.com/${'x'.repeat(10_000)}` },
        items: [{ key: 'a', prompt: 'x', references: ['r'] }],
      }),
      ['unsupported-source'],
    ],
  ] as const)('reports the problems of %s', (_, format, text, codes) => {
    expect(listCodes(text, format)).toEqual(codes);
  });

  it('reports 240,000 wrong entries of a list', () => {
    // The schema reports each, or fails because they are too many.
    expect(listCodes(item({ references: Array(240_000).fill(1) }), 'json')).not.toEqual([]);
  });

  it('reads no item after the largest number of outputs', () => {
    const items = Array.from({ length: 50_000 }, (_, n) => ({ key: n <= 1000 ? `k${n}` : '', prompt: 'x' }));
    expect(listProblems(json({ items }), 'json')).toMatchObject([
      { code: 'too-many-outputs', message: 'The items come to 1,001 outputs or more.' },
    ]);
  });

  it('resolves each alias to the nearest earlier anchor of its name', () => {
    const text = yamlWith(
      '  - { key: a, prompt: x, metadata: { m: [&n 1, &list [&n 2, *n], *n, &n 3, *list, *n] } }\n',
    );
    expect(buildManifest(text).items[0]?.metadata).toEqual({ m: [1, [2, 2], 2, 3, [2, 2], 3] });
  });

  it('reports a model id of 1000 characters', () => {
    const text = JSON.stringify({
      ...head,
      model: `gemini-${'x'.repeat(1000)}`,
      items: [{ key: 'a', prompt: 'x' }],
    });
    expect(listProblems(text, 'json')).toMatchObject([{ code: 'unknown-model' }]);
  });

  it('truncates the key and the message of each problem', () => {
    const long = 'k'.repeat(MB);
    const problems = listProblems(
      json({
        items: [
          {
            key: long,
            prompt: 'x',
            ...Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`z${n}`, 1])),
          },
        ],
      }),
      'json',
    );
    expect(problems).toHaveLength(201);
    expect(problems.every(({ key = '', message }) => key.length <= 1000 && message.length <= 1000)).toBe(
      true,
    );
  });
});

describe('line and column', () => {
  it('are correct after hundreds of lines', () => {
    const lines = Array.from(
      { length: 1000 },
      (_, n) => `{"key":"k${n}","prompt":"x"${n % 300 === 299 ? ',"no":1' : ''}}`,
    );
    const found = listProblems(lines.join('\n'), 'jsonl', { overrides: { model: 'nano-banana-pro' } });
    expect(found.map(({ line, column }) => [line, column])).toEqual([
      [300, 28],
      [600, 28],
      [900, 28],
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('are correct in files whose lines end with %j', (end) => {
    const rows = ['key,prompt', 'a,x', 'b', 'c,y'].join(end);
    expect(listProblems(rows, 'csv', { overrides: { model: 'nano-banana-pro' } })).toMatchObject([
      { line: 3, column: 1, code: 'syntax' },
    ]);
    const open = ['key,prompt', 'a,x', 'b,"y'].join(end);
    expect(listProblems(open, 'csv', { overrides: { model: 'nano-banana-pro' } })).toMatchObject([
      { line: 3, column: 1, code: 'syntax' },
    ]);
  });
});

describe('describeProblem', () => {
  it('escapes characters that move the cursor or change the reading direction', () => {
    const key = 'a\u001b[2J\u009b1m\u202Egpj\u2066\u2028\nb';
    const [problem] = listProblems(item({ key }), 'json');
    if (!problem) throw new Error('the key was accepted');
    const line = describeProblem(problem);
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    expect(line).toContain('a\\u{1b}[2J\\u{9b}1m\\u{202e}gpj\\u{2066}\\u{2028}\\u{a}b');
  });

  it('keeps all other characters of every script', () => {
    const line = describeProblem({ file: 'm.yaml', code: 'syntax', message: 'مفتاح 👩‍👩‍👧 क्‍ष é' });
    expect(line).toBe('m.yaml مفتاح 👩‍👩‍👧 क्‍ष é');
  });
});
