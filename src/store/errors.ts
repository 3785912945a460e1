import { type ErrorCode, HummingbatchError } from '../contract/errors.ts';

const CODE_OF: Record<string, { code: ErrorCode; what: string }> = {
  ENOSPC: { code: 'disk-full', what: 'the disk is full' },
  EDQUOT: { code: 'disk-full', what: 'the disk quota is used up' },
  EACCES: { code: 'store-unwritable', what: 'this user may not write there' },
  EPERM: { code: 'store-unwritable', what: 'this user may not write there' },
  EROFS: { code: 'store-unwritable', what: 'the file system is read-only' },
  ENOTSUP: { code: 'store-unwritable', what: 'the file system has no hard links' },
  ENOENT: { code: 'store-missing', what: 'the folder is gone' },
  ENOTDIR: { code: 'store-missing', what: 'a part of its path is no folder' },
  EIO: { code: 'store-missing', what: 'the disk does not answer properly' },
};

export function getErrno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The one place where a failure of the file system becomes an error of ours. */
export function toStoreError(error: unknown, location: string): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  const errno = getErrno(error) ?? '';
  const known = CODE_OF[errno];
  const what = known?.what ?? (error instanceof Error ? error.message : String(error));
  return new HummingbatchError(
    known?.code ?? 'store-missing',
    `The store ${location} cannot be used: ${what}.`,
    {
      cause: error,
    },
  );
}
