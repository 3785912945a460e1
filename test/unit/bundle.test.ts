import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

const [code = '', map = ''] = readFileSync(BUNDLE, 'utf8').split('//# sourceMappingURL=');
const sources = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, name = '']) => name);

describe('the workflow bundle', () => {
  test('contains only files of workflows, contract and batch', () => {
    const own = sources.filter((name) => name.startsWith('./dist/'));
    expect(own).toContain('./dist/workflows/image-batch.js');
    expect(own.filter((name) => !/^\.\/dist\/(workflows|contract|batch)\//.test(name))).toEqual([]);
  });

  test('contains only the packages of Temporal’s workflow SDK', () => {
    const packages = sources.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual([
      '@temporalio/common',
      '@temporalio/workflow',
      'long',
      'ms',
      'nexus-rpc',
    ]);
  });

  test('requires no built-in module of Node', () => {
    const required = [...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name = '']) => name);
    expect(required.filter((name) => name.startsWith('node:') || builtinModules.includes(name))).toEqual([]);
    expect(sources.filter((name) => builtinModules.includes(name))).toEqual([]);
  });

  test('stays below 850 kB, because every workflow in a worker’s memory evaluates it again', () => {
    expect(map).not.toBe('');
    // It has 0.78 MB, most of it from Temporal; zod alone would add 1.1 MB.
    expect(Buffer.byteLength(code)).toBeLessThan(850_000);
  });
});
