import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

const [code = '', map = ''] = readFileSync(BUNDLE, 'utf8').split('//# sourceMappingURL=');
const sources = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, name = '']) => name);

describe('the workflow bundle', () => {
  test('holds the workflow and what it is made of, and nothing that runs outside', () => {
    const own = sources.filter((name) => name.startsWith('./dist/'));
    expect(own).toContain('./dist/workflows/image-batch.js');
    expect(own.filter((name) => !/^\.\/dist\/(workflows|contract|batch)\//.test(name))).toEqual([]);
  });

  test('holds of other packages only Temporal’s workflow part', () => {
    const packages = sources.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual([
      '@temporalio/common',
      '@temporalio/workflow',
      'long',
      'ms',
      'nexus-rpc',
    ]);
  });

  test('asks for no module of Node’s', () => {
    const asked = [...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name = '']) => name);
    expect(asked.filter((name) => name.startsWith('node:') || builtinModules.includes(name))).toEqual([]);
    expect(sources.filter((name) => builtinModules.includes(name))).toEqual([]);
  });

  test('stays small: every workflow that a worker holds in memory runs it anew', () => {
    expect(map).not.toBe('');
    // 0.61 MB, most of it Temporal's; zod alone would add 1.1 MB.
    expect(Buffer.byteLength(code)).toBeLessThan(750_000);
  });
});
