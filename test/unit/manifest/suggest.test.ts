import { describe, expect, it } from 'vitest';
import { readSent } from '../../../src/manifest/sent.ts';
import { createFindNearest, suggestName } from '../../../src/manifest/suggest.ts';

const head = { name: 'a', model: 'nano-banana-pro' };
/** Names of 100 letters that differ in the last ones. */
const numbered = (count: number, end: string) =>
  Array.from({ length: count }, (_, n) => `${n}${end}`.padStart(100, 'a'));

/** Checks a manifest that was sent with these files. */
async function listFixes(manifest: object, names: readonly string[] = []) {
  const image = { width: 1, height: 1, mime: 'image/png', extension: 'png' } as never;
  const read = await readSent({
    manifest: { file: 'm.json', format: 'json', content: JSON.stringify({ ...head, ...manifest }) },
    files: names.map((name) => ({ name, sha256: '0'.repeat(64), probe: { ok: true, image } })),
    findMissing: async () => new Set(),
  });
  return read.ok ? [] : read.problems.map(({ code, fix }) => ({ code, fix }));
}

const isSuggestion = expect.stringMatching(/^Did you mean/);

describe('a suggestion', () => {
  it.each([
    ['aspectRation', 'aspectRatio'],
    ['APSECTRATIO', 'aspectRatio'],
    ['coutn', 'count'],
    ['colour', undefined],
    ['x'.repeat(201), undefined],
  ])('for %s is %s', (written, known) => {
    const expected = known && `Did you mean "${known}"?`;
    expect(suggestName(written, ['prompt', 'count', 'aspectRatio'])).toBe(expected);
  });

  it('is the nearest word, and the first of two that are as near', () => {
    expect(suggestName('bottle-3', ['bottle-11', 'bottle-2', 'bottle-4'])).toBe('Did you mean "bottle-2"?');
  });

  it('costs bounded work, whatever the number of questions', () => {
    const find = createFindNearest();
    const known = numbered(1000, 'b');
    const answers = numbered(200, 'c').map((name) => find(name, known));
    expect(answers[0]).toBeDefined();
    expect(answers.at(-1)).toBeUndefined();
    expect(find('coutn', ['count'])).toBeUndefined();
  });
});

describe('the suggestions of a manifest', () => {
  it('share one limit, whatever they are about', async () => {
    const paths = {
      references: { bottle: 'bottel.png' },
      items: [{ key: 'a', prompt: 'x', references: ['bottle'] }],
    };
    expect(await listFixes(paths, ['bottle.png'])).toEqual([
      { code: 'reference-missing', fix: isSuggestion },
    ]);

    const references = Object.fromEntries(numbered(1000, 'b').map((name) => [name, 'https://e.com']));
    const items = numbered(150, 'c').map((name, n) => ({ key: `k${n}`, prompt: 'x', references: [name] }));
    const fixes = await listFixes({ references: { ...references, ...paths.references }, items }, [
      'bottle.png',
    ]);
    const unknown = fixes.filter(({ code }) => code === 'unknown-reference');
    expect(unknown).toHaveLength(150);
    expect(unknown[0]).toEqual({ code: 'unknown-reference', fix: isSuggestion });
    expect(unknown.at(-1)?.fix).toMatch(/^Use one of /);
    expect(fixes).toContainEqual({
      code: 'reference-missing',
      fix: 'Send it as a part with the name "bottel.png".',
    });
  });

  it('are made for the problems that are shown, and for no other', async () => {
    const paths = numbered(2_000, 'c');
    const fixes = await listFixes(
      { references: { r: paths }, items: [{ key: 'a', prompt: 'x', references: ['r'] }] },
      numbered(1000, 'b'),
    );
    expect(fixes).toHaveLength(201);
    expect(fixes.filter(({ code }) => code === 'reference-missing')).toHaveLength(199);
  });
});
