import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../src/manifest/index.ts';
import { findNearestRatio } from '../../../src/manifest/ratio.ts';
import { suggestName } from '../../../src/manifest/suggest.ts';
import { listProblems, parse, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';

describe('the model of a manifest', () => {
  it.each(['nano-banana-pro', 'gemini-3-pro-image', 'models/gemini-3-pro-image', 'Nano-Banana-Pro'])(
    'can be written as %s',
    (model) => {
      const result = parse(`name: a\nmodel: ${model}\nitems:\n${ONE}`);
      expect(result).toMatchObject({ ok: true, manifest: { model: 'gemini-3-pro-image' }, warnings: [] });
    },
  );

  it('causes a warning with its replacement if it is deprecated, and still runs', () => {
    expect(parse(`name: a\nmodel: nano-banana-2\nitems:\n${ONE}`)).toMatchObject({
      ok: true,
      warnings: [{ line: 2, column: 8, code: 'deprecated-model', fix: 'nano-banana-2.1 replaces it.' }],
    });
  });

  it('causes a warning if its id is not in the table; ratios are then only checked for their form', () => {
    const of = (ratio: string) =>
      parse(
        `name: a\nmodel: models/gemini-9-image\nitems:\n  - { key: a, prompt: x, aspectRatio: "${ratio}" }\n`,
      );
    expect(of('7:9')).toMatchObject({
      ok: true,
      manifest: { model: 'gemini-9-image' },
      warnings: [{ code: 'unlisted-model' }],
    });
    expect(of('wide')).toMatchObject({ ok: false, problems: [{ code: 'wrong-value' }] });
  });

  it.each([
    ['4x5', '4:5'],
    ['1920x1080', '16:9'],
    ['0.8', '4:5'],
    ['5:7', '3:4'],
    ['4:5 ', '4:5'],
  ])('suggests for the ratio %s the nearest one, %s', (ratio, near) => {
    expect(findNearestRatio(ratio, ['1:1', '3:4', '4:5', '16:9'])).toBe(near);
  });

  it('suggests no ratio for a text that is not a shape', () => {
    expect(findNearestRatio('wide', ['1:1'])).toBeUndefined();
    expect(findNearestRatio('0:5', ['1:1'])).toBeUndefined();
  });
});

describe('suggestName', () => {
  it.each([
    ['aspectratio', 'Did you mean "aspectRatio"?'],
    ['refernces', 'Did you mean "references"?'],
    ['cuont', 'Did you mean "count"?'],
    ['colour', undefined],
  ])('returns for %s: %s', (written, expected) => {
    expect(suggestName(written, ['aspectRatio', 'references', 'count', 'prompt'])).toBe(expected);
  });
});

describe('the outputs of a batch', () => {
  it('are limited to 1000, counted by item or by default', () => {
    const of = (count: number) =>
      listProblems(
        yamlWith(`${ONE}  - { key: b, prompt: x, count: 500 }\n`, `defaults: { count: ${count} }\n`),
      );
    expect(of(500)).toEqual([]);
    expect(of(501)).toMatchObject([{ line: 4, code: 'too-many-outputs' }]);
  });
});

describe('the run block', () => {
  it.each([
    ['50h', 180_000_000],
    ['90m', 5_400_000],
    ['30s', 30_000],
    ['720h', 2_592_000_000],
    ['721h', undefined],
    ['0h', undefined],
    ['5 days', undefined],
    ['1.5h', undefined],
  ])('reads the deadline %s as %s ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
    const problems = listProblems(yamlWith(ONE, `run: { deadline: ${text} }\n`));
    expect(problems.length === 0).toBe(ms !== undefined);
  });

  it('refuses a seed whose last output would exceed an int32', () => {
    const item = (seed: number, count: number) =>
      listProblems(yamlWith(`  - { key: a, prompt: x, seed: ${seed}, count: ${count} }\n`));
    expect(item(2147483647, 1)).toEqual([]);
    expect(item(2147483647, 2)).toMatchObject([{ key: 'a', code: 'wrong-value' }]);
  });

  it('refuses a safety category that is given twice', () => {
    const setting = '{ category: HARM_CATEGORY_HARASSMENT, threshold: OFF }';
    const text = yamlWith(ONE, `defaults: { safetySettings: [${setting}, ${setting}] }\n`);
    expect(listProblems(text)).toMatchObject([{ line: 3, code: 'wrong-value' }]);
  });
});

describe('a source of a reference', () => {
  const listCodes = (source: string) =>
    listProblems(
      yamlWith('  - { key: a, prompt: x, references: [r] }\n', `references: { r: "${source}" }\n`),
    ).map(({ code }) => code);
  it.each(['https://example.com/a.png', `sha256:${'0a'.repeat(32)}`])('can be %s', (source) =>
    expect(listCodes(source)).toEqual([]),
  );
  it.each([
    'http://example.com/a.png',
    'https://user:secret@example.com/a.png',
    'https:///a.png',
    'https:example.com',
    'gs://bucket/a.png',
    'data:image/png;base64,AA',
    'file:///a.png',
    'sha256:12',
    `sha256:${'0A'.repeat(32)}`,
    '~/a.png',
    '',
  ])('is refused for %j', (source) => expect(listCodes(source)).toEqual(['unsupported-source']));
  it.each(['./a.png', '../a.png', '/a.png', 'C:/a.png', 'a b.png'])(
    'is refused as a local path: %s',
    (source) => expect(listCodes(source)).toEqual(['path-not-allowed']),
  );
});
