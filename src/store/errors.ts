import { getErrno, readMessage } from '../contract/caught-error.ts';
import { type ErrorCode, HummingbatchError } from '../contract/errors.ts';

const CODES_BY_ERRNO: Record<string, { code: ErrorCode; what: string }> = {
  ENOSPC: { code: 'disk-full', what: 'the disk is full' },
  EDQUOT: { code: 'disk-full', what: 'the disk quota is used up' },
  EACCES: { code: 'store-unwritable', what: 'this user may not write there' },
  EPERM: { code: 'store-unwritable', what: 'this user may not write there' },
  EROFS: { code: 'store-unwritable', what: 'the file system is read-only' },
  ENOTSUP: { code: 'store-unwritable', what: 'the file system has no hard links' },
  ENOENT: { code: 'store-missing', what: 'the folder is gone' },
  ENOTDIR: { code: 'store-missing', what: 'a part of its path is not a folder' },
  EIO: { code: 'store-missing', what: 'the disk reports an input/output error' },
};

/** For a store whose own file is not there: its disk is not mounted, or its folder was deleted. */
export function storeGone({ location }: { location: string }): HummingbatchError {
  return toStoreError(Object.assign(new Error('gone'), { code: 'ENOENT' }), location);
}

/** The one place where a file system error becomes a `HummingbatchError`. */
export function toStoreError(error: unknown, location: string): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  const errno = getErrno(error) ?? '';
  const known = CODES_BY_ERRNO[errno];
  const what = known?.what ?? readMessage(error);
  return new HummingbatchError(
    known?.code ?? 'store-missing',
    `The store ${location} cannot be used: ${what}.`,
    {
      cause: error,
    },
  );
}
