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

/** The names of all tests, without their folder `test` and their endings. */
const TESTS = (await readdir(join(ROOT, 'test'), { recursive: true })).map(
  (path) => `/${path.replace(/\.(test\.ts|ts|py)$/, '')}`,
);

/** Whether a document's short name of a test, such as `unit/net` or `one-paid-job*`, is one or a folder of some. */
function isTest(name: string): boolean {
  const path = `/${name.replace(/^test\//, '').replace(/\*$/, '')}`;
  return TESTS.some((test) => (name.endsWith('*') ? test.includes(path) : test.endsWith(path)));
}

test.each([
  ['docs/reliability.md', 'shown by'],
  ['docs/architecture.md', 'test'],
  ['docs/architecture.md', 'where'],
])('%s names only tests that exist in its columns "%s"', async (document, column) => {
  const names: string[] = [];
  let index = -1;
  for (const line of (await readFile(join(ROOT, document), 'utf8')).split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length < 3) index = -1;
    else if (cells.includes(column)) index = cells.indexOf(column);
    else if (index >= 0)
      names.push(...[...(cells[index] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  }
  const wrong = names.filter((name) => !name.startsWith('npm ') && !name.includes('<') && !isTest(name));
  expect(names.length).toBeGreaterThan(10);
  expect(wrong).toEqual([]);
});
