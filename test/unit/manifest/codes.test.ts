import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS, type ProblemCode, readManifest } from '../../../src/manifest/index.ts';
import { listProblems, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';
const LONG = 'x'.repeat(65_537);

/** An example for each code: files by name, of which the first is the manifest. */
const EXAMPLES: Record<ProblemCode, Record<string, string | Uint8Array> | { missing: string }> = {
  unreadable: { missing: 'nowhere.yaml' },
  'unknown-format': { 'm.txt': '' },
  'not-text': { 'm.yaml': Uint8Array.of(0xff, 0xfe, 0x41, 0) },
  'too-large': { 'm.yaml': '[] '.repeat(12 * 2 ** 20) },
  'too-deep': { 'm.json': '['.repeat(40) },
  syntax: { 'm.yaml': 'name: [' },
  'duplicate-field': { 'm.yaml': yamlWith(ONE, 'model: nano-banana-2\n') },
  'unknown-field': { 'm.yaml': yamlWith(ONE, 'colour: red\n') },
  'misplaced-field': { 'm.csv': 'key,prompt\na,x\n', 'base.yaml': 'model: nano-banana-pro\nname: other\n' },
  'missing-field': { 'm.yaml': 'name: autumn' },
  'wrong-type': { 'm.yaml': yamlWith(ONE, 'defaults: 7\n') },
  'wrong-value': { 'm.yaml': yamlWith(ONE, 'defaults: { count: 0 }\n') },
  usage: { 'm.yaml': yamlWith(ONE, 'run: { maxRounds: 0 }\n') },
  'unsafe-key': { 'm.yaml': yamlWith('  - { key: a/b, prompt: x }\n') },
  'duplicate-key': { 'm.yaml': yamlWith(ONE + ONE) },
  'empty-prompt': { 'm.yaml': yamlWith('  - { key: a, prompt: }\n') },
  'text-too-long': { 'm.yaml': yamlWith(`  - { key: a, prompt: ${LONG} }\n`) },
  'too-many-outputs': {
    'm.yaml': yamlWith('  - { key: a, prompt: x, count: 1000 }\n  - { key: b, prompt: x }\n'),
  },
  'unknown-model': { 'm.yaml': 'name: a\nmodel: dall-e\nitems:\n  - { key: a, prompt: x }\n' },
  'unlisted-model': { 'm.yaml': 'name: a\nmodel: gemini-9-image\nitems:\n  - { key: a, prompt: x }\n' },
  'deprecated-model': { 'm.yaml': 'name: a\nmodel: nano-banana-2\nitems:\n  - { key: a, prompt: x }\n' },
  'ratio-not-offered': { 'm.yaml': yamlWith(ONE, 'defaults: { aspectRatio: "1:4" }\n') },
  'size-not-offered': { 'm.yaml': yamlWith(ONE, 'defaults: { imageSize: "512" }\n') },
  'too-many-references': {
    'm.yaml': yamlWith(
      '  - { key: a, prompt: x, references: [set] }\n',
      `references: { set: [${Array.from({ length: 15 }, (_, n) => `https://example.com/${n}`).join(', ')}] }\n`,
    ),
  },
  'unknown-reference': { 'm.yaml': yamlWith('  - { key: a, prompt: x, references: [bottle] }\n') },
  'unused-reference': { 'm.yaml': yamlWith(ONE, 'references: { bottle: https://example.com/a.png }\n') },
  'unsupported-source': { 'm.yaml': yamlWith(ONE, 'references: { bottle: http://example.com/a.png }\n') },
  'path-not-allowed': {},
  'reference-missing': { 'm.yaml': yamlWith(ONE, 'references: { bottle: nowhere.png }\n') },
  'reference-unreadable': { 'm.yaml': yamlWith(ONE, 'references: { bottle: . }\n') },
  'reference-undecodable': { 'm.yaml': yamlWith(ONE, 'references: { bottle: m.yaml }\n') },
  'reference-unsupported': {
    'm.yaml': yamlWith(ONE, 'references: { bottle: a.gif }\n'),
    'a.gif': Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'),
  },
  'reference-too-large': {
    'm.yaml': yamlWith(ONE, 'references: { bottle: a.png }\n'),
    'a.png': new Uint8Array(31 * 2 ** 20),
  },
  'more-problems': { 'm.yaml': yamlWith('  - 7\n'.repeat(201)) },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-codes-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('readManifest, for each problem code', () => {
  const examples = Object.entries(EXAMPLES).filter(([code]) => code !== 'path-not-allowed');
  it.each(examples)('reports %s for its example', async (code, files) => {
    const exampleFolder = join(folder, code);
    await mkdir(exampleFolder);
    const isMissing = 'missing' in files;
    for (const [name, content] of isMissing ? [] : Object.entries(files))
      await writeFile(join(exampleFolder, name), content);
    const [name = ''] = isMissing ? [String(files.missing)] : Object.keys(files);
    const base = 'base.yaml' in files ? { base: join(exampleFolder, 'base.yaml') } : {};

    const result = await readManifest(join(exampleFolder, name), base);

    const reported = [...result.warnings, ...(result.ok ? [] : result.problems)];
    expect(reported.map((problem) => problem.code)).toContain(code);
    expect(result.ok).toBe(PROBLEMS[code as ProblemCode].startsWith('Warning:'));
  });

  it('reports path-not-allowed for a local path when the manifest is parsed without its folder', () => {
    const text = yamlWith(
      '  - { key: a, prompt: x, references: [bottle] }\n',
      'references: { bottle: ./a.png }\n',
    );
    expect(listProblems(text)).toMatchObject([{ line: 3, column: 23, code: 'path-not-allowed' }]);
  });
});

describe('readManifest, for local reference files', () => {
  const write = async (name: string, references: string) => {
    await writeFile(
      join(folder, name),
      yamlWith(
        '  - { key: a, prompt: x, references: [bottle] }\n',
        `references: { bottle: ${references} }\n`,
      ),
    );
    return join(folder, name);
  };

  beforeAll(async () => {
    await mkdir(join(folder, 'refs'));
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } });
    await picture.png().toFile(join(folder, 'refs', 'bottle.png'));
    await picture.png().toFile(join(folder, 'refs', 'again.png'));
    await picture.jpeg().toFile(join(folder, 'refs', 'logo.jpg'));
  });

  it('replaces each path by its content address and lists each content once', async () => {
    const result = await readManifest(
      await write(
        'paths.yaml',
        '[./refs/bottle.png, refs/logo.jpg, refs/again.png, https://example.com/x.png]',
      ),
    );
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const [png = '', jpg, again, url] = result.manifest.references.bottle ?? [];
    expect(png).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(again).toBe(png);
    expect(url).toBe('https://example.com/x.png');
    expect(result.references).toMatchObject([
      { sha256: png.slice(7), mime: 'image/png', extension: 'png', width: 40, height: 30 },
      { sha256: jpg?.slice(7), path: join(folder, 'refs', 'logo.jpg'), mime: 'image/jpeg', extension: 'jpg' },
    ]);
  });

  it('suggests a similar file name for a file that does not exist', async () => {
    const result = await readManifest(await write('typo.yaml', './refs/botle.png'));
    expect(result).toMatchObject({
      ok: false,
      problems: [{ line: 3, column: 23, code: 'reference-missing', fix: 'Did you mean "refs/bottle.png"?' }],
    });
  });

  it('resolves the paths of a base file relative to the base file', async () => {
    await writeFile(
      join(folder, 'refs', 'head.yaml'),
      'model: nano-banana-pro\nreferences: { logo: logo.jpg }\n',
    );
    await writeFile(join(folder, 'list.csv'), 'key,prompt,references\na,x,logo\n');
    const result = await readManifest(join(folder, 'list.csv'), { base: join(folder, 'refs', 'head.yaml') });
    expect(result).toMatchObject({
      ok: true,
      manifest: { name: 'list' },
      references: [{ extension: 'jpg' }],
    });
  });

  it('reports a sha256: reference that the store does not have', async () => {
    const sha256 = 'a'.repeat(64);
    const file = await write('stored.yaml', `sha256:${sha256}`);
    const findMissing = async () => new Set([sha256]);
    expect(await readManifest(file)).toMatchObject({ ok: true, references: [] });
    expect(await readManifest(file, { findMissing })).toMatchObject({
      ok: false,
      problems: [{ line: 3, code: 'reference-missing' }],
    });
  });
});
