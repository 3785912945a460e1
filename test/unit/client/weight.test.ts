import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Import, measureImports } from '../../support/loaded-files.ts';

const CLIENT = fileURLToPath(new URL('../../../dist/client/index.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));
/** What a service that speaks to Temporal loads anyway. */
const TEMPORAL = '@temporalio/client';

function packageName(file: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'hummingbatch';
}

describe('hummingbatch/client', () => {
  let temporal: Import;
  /** What it adds to Temporal's own client. */
  let own: Import;
  /** What the main entry, which has makeImages, adds to both. */
  let main: Import;
  beforeAll(async () => {
    [temporal, own, main] = (await measureImports([TEMPORAL, CLIENT, MAIN])) as [Import, Import, Import];
    expect(temporal.files.length).toBeGreaterThan(100);
  });

  test('loads no worker, no image decoder, no SDK of Google’s, no schema, no parser', () => {
    expect(own.files).toContain(CLIENT);
    expect([...new Set(own.files.map(packageName))].toSorted()).toEqual(['hummingbatch', 'p-map']);
    expect(
      own.files.filter((file) =>
        /\/dist\/(worker|activities|workflows|gemini|emulator|local|cli)\//.test(file),
      ),
    ).toEqual([]);
  });

  test('and the main entry, which has makeImages, adds one file to it', () => {
    expect(main.files).toEqual([MAIN]);
  });

  test('adds little to what Temporal’s own client loads', () => {
    // 77 files and 200 kB: 30 kB of it are the rules that check options and messages. With the manifest's schema and parsers it
    // would be 190 more files.
    expect(own.files.length).toBeLessThan(82);
    expect(own.files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(210_000);
  });

  test('takes less to import than Temporal’s own client', () => {
    // CPU time does not depend on what else runs on the machine. Half of it is usual: the hooks that list files count, too.
    expect(own.cpuMs).toBeLessThan(temporal.cpuMs);
  });
});
