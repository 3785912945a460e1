import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { listLoadedFiles } from '../../support/loaded-files.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CLIENT = fileURLToPath(new URL('../../../dist/client/index.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));
/** What a service that speaks to Temporal loads anyway. */
const TEMPORAL = '@temporalio/client';

function packageName(file: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'hummingbatch';
}

/** ms of a process that only imports it, the best of some. */
async function importTimes(modules: readonly string[]): Promise<number[]> {
  const best = modules.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < 7; turn++)
    for (const [index, module] of modules.entries()) {
      const script = `const at = performance.now(); await import(${JSON.stringify(module)}); console.log(performance.now() - at); process.exit()`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
      best[index] = Math.min(best[index] ?? 0, Number(stdout));
    }
  return best;
}

describe('hummingbatch/client', () => {
  let own: string[];
  let all: string[];
  beforeAll(async () => {
    const temporal = new Set(await listLoadedFiles(TEMPORAL));
    all = await listLoadedFiles(CLIENT);
    own = all.filter((file) => !temporal.has(file));
    expect(temporal.size).toBeGreaterThan(100);
  }, 60_000);

  test('loads no worker, no image decoder, no SDK of Google’s, no schema, no parser', () => {
    expect(all).toContain(CLIENT);
    expect([...new Set(own.map(packageName))].toSorted()).toEqual(['hummingbatch', 'p-map']);
    expect(
      own.filter((file) => /\/dist\/(worker|activities|workflows|gemini|emulator|local|cli)\//.test(file)),
    ).toEqual([]);
  });

  test('and the main entry, which has makeImages, adds one file to it', async () => {
    const main = await listLoadedFiles(MAIN);
    expect(main.filter((file) => !all.includes(file))).toEqual([MAIN]);
  }, 60_000);

  test('adds little to what Temporal’s own client loads', () => {
    // 62 files and 140 kB; with the manifest's schema and parsers it would be 190 more files.
    expect(own.length).toBeLessThan(75);
    expect(own.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(160_000);
  });

  test('is imported in little more time than Temporal’s own client', async () => {
    const [temporal = 0, client = 0] = await importTimes([TEMPORAL, CLIENT]);
    // On an idle machine hardly any more. Whatever is loaded by mistake shows in the files above; this is for what is done.
    expect(client / temporal).toBeLessThan(2);
  });
});
