import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { SHORT_LIVED } from '../support/node.ts';
import { createWorld, type World } from '../support/world.ts';
import { picture } from './activities-kit.ts';
import { manifestText } from './cli-kit.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE = 60_000;

interface Example {
  name: string;
  code: string;
  /** What it imports, by name. */
  files: [name: string, code: string][];
}

/** The programs of a document by the heading above each. Blocks that begin with a file name are not programs. */
async function readExamples(document: string): Promise<Example[]> {
  const text = await readFile(join(ROOT, document), 'utf8');
  return text.split(/^## /m).flatMap((section) => {
    const blocks = [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
    const files = blocks.flatMap((code): [string, string][] => {
      const [, name] = /^\/\/ (\w+\.ts)\n/.exec(code) ?? [];
      return name ? [[name, code]] : [];
    });
    const code = blocks.find((block) => !files.some(([, text]) => text === block));
    return code ? [{ name: `${document}: ${section.split('\n')[0]}`, code, files }] : [];
  });
}

const EXAMPLES = [...(await readExamples('docs/client.md')), ...(await readExamples('README.md'))];

describe('the programs in the documents', () => {
  let world: World;
  let folder: string;
  const over = new AbortController();
  let checks: Promise<void>;

  /** The programs check every 30 s. The test sends checkNow instead of waiting. */
  async function checkUntilEnded({ hummingbatch }: World): Promise<void> {
    while (!over.signal.aborted) {
      const { batches } = await hummingbatch.list({ states: ['WAITING'] });
      for (const { batchId } of batches)
        await hummingbatch
          .batch(batchId)
          .checkNow()
          .catch(() => undefined);
      await pause(500);
    }
  }

  beforeAll(async () => {
    world = await createWorld({ storeIn: 'hummingbatch', taskQueue: 'hummingbatch', jobSeconds: 1 });
    folder = world.folder;
    await world.work();
    checks = checkUntilEnded(world);
    // As if the package were installed there.
    await mkdir(join(folder, 'node_modules'));
    await symlink(ROOT, join(folder, 'node_modules', 'hummingbatch'));
    await symlink(join(ROOT, 'node_modules', '@temporalio'), join(folder, 'node_modules', '@temporalio'));
    await symlink(join(ROOT, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
    await symlink(join(folder, 'hummingbatch'), join(folder, 'hummingbatch-emulator'));
    await mkdir(join(folder, 'refs'));
    await writeFile(join(folder, 'refs', 'bottle.png'), await picture(3));
    await writeFile(join(folder, 'manifest.yaml'), manifestText('client-docs'));
    await writeFile(join(folder, 'package.json'), '{"type":"module","private":true}');
    await mkdir(join(folder, 'out'));
    const write = (name: string, text: string) =>
      writeFile(join(folder, name), text.replaceAll('localhost:7233', inject('temporal')));
    for (const [index, { code, files }] of EXAMPLES.entries()) {
      await write(`${index}.ts`, code);
      for (const [name, text] of files) {
        await write(name, text);
        // A worker bundles its workflows from the source that lies beside it.
        await write(join('out', name), text);
      }
    }
  });
  afterAll(async () => {
    over.abort();
    await checks;
    await world.close();
  });

  test('are all programs that the documents show', () => {
    expect(EXAMPLES.map(({ name }) => name)).toEqual([
      'docs/client.md: Start and wait',
      'docs/client.md: Follow',
      'docs/client.md: Results',
      'docs/client.md: Operations',
      'docs/client.md: List',
      'docs/client.md: Pass on an event',
      'docs/client.md: From another workflow',
      'docs/client.md: On a schedule',
      'docs/client.md: A connection of your own',
      'README.md: From TypeScript',
    ]);
  });

  test('pass the type check and compile', { timeout: MINUTE }, async () => {
    const emit = ['--outDir', 'out', '--rewriteRelativeImportExtensions'];
    const options = ['--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', ...emit];
    const files = EXAMPLES.flatMap(({ files }, index) => [`${index}.ts`, ...files.map(([name]) => name)]);
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    const { stdout } = await run(tsc, [...options, '--types', 'node', ...files], { cwd: folder }).catch(
      (error) => error,
    );
    expect(stdout).toBe('');
  });

  test.for([...EXAMPLES.entries()])('%i runs unchanged', { timeout: MINUTE }, async ([index, { name }]) => {
    const { stdout, stderr } = await run(process.execPath, [...SHORT_LIVED, `out/${index}.js`], {
      cwd: folder,
    });
    expect(stderr, name).toBe('');
    expect(stdout, name).toMatch(SAYS[name] ?? /never/);
  });
});

/** The part of each program's output that is always the same. */
const SAYS: Record<string, RegExp> = {
  'docs/client.md: Start and wait': /^started autumn-catalogue-[0-9a-f]{8}\nCOMPLETED 3 of 3 0\.\d+\n$/,
  'docs/client.md: Follow': /[A-Z]+ \d of 3 rows/,
  'docs/client.md: Results': /^hero#1 images\/hero~1\.\w+ [0-9a-f]{64} undefined\n(?:.+\n){2}$/,
  'docs/client.md: Operations':
    /^The batch order-4711 has ended: it is COMPLETED\. Choose an action that is possible now\.\n2 rounds\n$/,
  'docs/client.md: List': /^$/,
  'docs/client.md: Pass on an event': /^no-recipient\n$/,
  'docs/client.md: From another workflow': /^COMPLETED 3 of 3\n$/,
  'docs/client.md: On a schedule':
    /^daily-bottles fires next at \S+Z\nCOMPLETED\ndaily-bottles daily-bottles-\d{8}-\d{6} 0 0\n$/,
  'docs/client.md: A connection of your own': /^\d batches\n$/,
  'README.md: From TypeScript': /^COMPLETED 3 of 3\n(?:.+\n){3}$/,
};
