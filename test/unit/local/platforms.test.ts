import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectHost, HOSTS, OFFICIAL_NAMES, TEMPORAL_CLI } from '../../../src/local/platforms.ts';

const require = createRequire(import.meta.url);

/** How the Temporal SDK names the folders of its native part. */
const HOST_OF_TRIPLE: Record<string, string> = {
  'x86_64-unknown-linux-gnu': 'linux-x64',
  'aarch64-unknown-linux-gnu': 'linux-arm64',
  'x86_64-apple-darwin': 'darwin-x64',
  'aarch64-apple-darwin': 'darwin-arm64',
  'x86_64-pc-windows-msvc': 'win32-x64',
};

describe('the table of platforms', () => {
  test('has a row for each platform that the Temporal SDK runs on, and no other', () => {
    const bridge = dirname(require.resolve('@temporalio/core-bridge/package.json'));
    const triples = readdirSync(join(bridge, 'releases'));
    expect(new Set(triples.map((triple) => HOST_OF_TRIPLE[triple]))).toEqual(new Set(HOSTS));
  });

  test.each(HOSTS)('knows for %s the official name, and a whole hash where there is a wheel', (host) => {
    expect(OFFICIAL_NAMES[host].platform).not.toBe('');
    const file = TEMPORAL_CLI.files[host];
    if (file) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
    else expect(host).toBe('win32-x64');
  });

  test('has a different hash for each wheel', () => {
    const hashes = Object.values(TEMPORAL_CLI.files).flatMap((file) => (file ? [file.sha256] : []));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('has no machine that the SDK does not run on', () => {
    expect(detectHost('linux', 'x64')).toBe('linux-x64');
    expect(detectHost('linux', 'riscv64')).toBeUndefined();
    expect(detectHost('freebsd', 'x64')).toBeUndefined();
  });
});
