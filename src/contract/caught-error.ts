/** Reading errors that Node, a library or another program has thrown. */

/** The message of an error, without its stack. */
export function readMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an operating system error (`ENOENT`); undefined for any other error. */
export function getErrno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The innermost cause of an error: `fetch` says only "fetch failed" and keeps what happened in `cause`. Where several
 * addresses were tried, the cause for the first one.
 */
export function findRootCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return findRootCause(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? findRootCause(error.cause) : error;
}
