import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest, starterManifest } from '../../../src/manifest/index.ts';
import { parse } from './support.ts';

describe('starterManifest', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'starter-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('writes a valid manifest without a folder', async () => {
    const text = await starterManifest({ into: root });
    expect(parse(text)).toMatchObject({
      ok: true,
      warnings: [],
      manifest: { items: [{ count: 2 }, { count: 1 }] },
    });
    expect(text).toMatch(/^# yaml-language-server: \$schema=.*docs\/manifest\.schema\.json\n/);
  });

  it('writes a valid manifest with each image of a folder as a reference and an item', async () => {
    const folder = join(root, 'Autumn refs');
    await mkdir(folder);
    const picture = sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } });
    for (const name of [
      'Bottle (front).png',
      'bottle-(front).jpg',
      'con.webp',
      '.x.png',
      '"quoted" #1.png',
    ]) {
      await picture.toFile(join(folder, name));
    }
    await writeFile(join(folder, 'broken.png'), 'no image');
    await writeFile(join(folder, 'line\nitems: 7\n#.png'), 'no image');
    await writeFile(join(folder, 'notes.txt'), 'hello');
    await mkdir(join(root, 'manifests'));
    const into = join(root, 'manifests');

    const text = await starterManifest({ folder, into });
    await writeFile(join(into, 'manifest.yaml'), text);
    const result = await readManifest(join(into, 'manifest.yaml'));

    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    expect(result.warnings).toEqual([]);
    expect(result.manifest.name).toBe('Autumn-refs');
    expect(result.manifest.items.map(({ key }) => key)).toEqual([
      'quoted-1',
      'x',
      'Bottle-front',
      'bottle-front-2',
      'con_',
    ]);
    expect(new Set(result.references.map(({ path }) => path)).size).toBe(result.references.length);
    expect(text).toContain('# skipped: "broken.png": It is not an image.');
  });

  it('fails for a folder that does not exist or has no images', async () => {
    const folder = join(root, 'empty');
    await mkdir(folder);
    await expect(starterManifest({ folder, into: root })).rejects.toMatchObject({ code: 'usage' });
    await expect(starterManifest({ folder: join(root, 'nowhere'), into: root })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});
