import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINK = /\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)/g;

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'deploy/README.md',
  ...(await readdir(join(ROOT, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** What a heading or an anchor of a document is linked by, as GitHub makes it. */
async function readAnchors(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

test.each(DOCUMENTS)('%s links only to files and headings that exist', async (document) => {
  const text = await readFile(join(ROOT, document), 'utf8');
  const broken: string[] = [];
  for (const [link, file = '', anchor] of text.matchAll(LINK)) {
    const target = file === '' ? join(ROOT, document) : join(ROOT, dirname(document), file);
    if (!existsSync(target)) broken.push(link);
    else if (anchor && target.endsWith('.md') && !(await readAnchors(target)).includes(anchor))
      broken.push(link);
  }
  expect(broken).toEqual([]);
});
