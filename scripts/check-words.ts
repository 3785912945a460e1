/**
 * `npm run check:words`: fails where a retired word is used, and names each place with what to write instead.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRetiredWords } from './retired-words.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CHECKED = [
  'README.md',
  'CONTRIBUTING.md',
  'deploy',
  'docs',
  'examples',
  'findings',
  'scripts',
  'src',
  'test',
];
/** They hold the words that are looked for. */
const LISTS = ['scripts/retired-words.ts', 'test/unit/retired-words.test.ts'];
const EXTENSIONS = ['.md', '.ts', '.mjs', '.json', '.yaml', '.sh', '.py'];

async function listFiles(path: string): Promise<string[]> {
  if ((await stat(join(ROOT, path))).isFile()) return [path];
  const names = await readdir(join(ROOT, path), { recursive: true });
  return names
    .filter((name) => EXTENSIONS.some((extension) => name.endsWith(extension)))
    .map((name) => join(path, name));
}

let count = 0;
const files = (await Promise.all(CHECKED.map(listFiles))).flat().filter((file) => !LISTS.includes(file));
for (const file of files.sort()) {
  for (const { line, word, write } of findRetiredWords(await readFile(join(ROOT, file), 'utf8'))) {
    count += 1;
    console.error(`${file}:${line}: "${word}" is retired. Write: ${write}.`);
  }
}
if (count > 0) {
  console.error(`${count} retired words. The list is scripts/retired-words.ts.`);
  process.exitCode = 1;
}
