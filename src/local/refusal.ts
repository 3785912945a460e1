import { getErrno, readMessage } from '../contract/caught-error.ts';
import { type ErrorCode, HummingbatchError } from '../contract/errors.ts';

const CODE_OF_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EACCES: 'store-unwritable',
  EPERM: 'store-unwritable',
  EROFS: 'store-unwritable',
};

/**
 * Turns an unknown error into a HummingbatchError, for all of this folder.
 *
 * @param doing what was being done, as the beginning of a sentence ("Starting the managed dev server of /shop/.temporal")
 */
export function refusal(error: unknown, doing: string, signal: AbortSignal | undefined): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  if (signal?.aborted) return new HummingbatchError('aborted', `${doing} was interrupted.`, { cause: error });
  const code = chooseCode(error);
  return new HummingbatchError(code, `${doing} failed: ${readMessage(error)}`, {
    cause: error,
    // The default fix is for a configured Temporal; here none is.
    ...(code === 'no-temporal' && {
      fix: 'Run the same command again. If it fails again, check what is missing.',
      actions: [{ action: 'doctor' }],
    }),
  });
}

function chooseCode(error: unknown): ErrorCode {
  return CODE_OF_ERRNO[getErrno(error) ?? ''] ?? 'no-temporal';
}
