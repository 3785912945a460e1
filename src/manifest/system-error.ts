/** Whether an error is one of the operating system's: `ENOENT`, `EACCES` and the like. */
export function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error;
}
