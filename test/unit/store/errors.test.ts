import { expect, test } from 'vitest';
import { getRetryPolicy, HummingbatchError } from '../../../src/contract/errors.ts';
import { toStoreError } from '../../../src/store/errors.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: something failed`), { code });

test.each([
  ['ENOSPC', 'disk-full', 'full'],
  ['EDQUOT', 'disk-full', 'quota'],
  ['EACCES', 'store-unwritable', 'may not write'],
  ['EPERM', 'store-unwritable', 'may not write'],
  ['EROFS', 'store-unwritable', 'read-only'],
  ['ENOENT', 'store-missing', 'gone'],
  ['ENOTDIR', 'store-missing', 'not a folder'],
  ['EIO', 'store-missing', 'disk'],
  ['ESTALE', 'store-missing', 'something failed'],
])('%s becomes %s, names the store, and is retried', (errno, code, words) => {
  const error = toStoreError(failure(errno), '/mnt/store');
  expect(error).toMatchObject({ code, message: expect.stringContaining('/mnt/store') });
  expect(error.message).toContain(words);
  expect(getRetryPolicy(error.code)).toBe('soon');
});

test('keeps a HummingbatchError unchanged', () => {
  const own = new HummingbatchError('store-corrupt', 'x');
  expect(toStoreError(own, '/mnt/store')).toBe(own);
});
