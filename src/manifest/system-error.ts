/** Whether an error comes from the operating system, such as `ENOENT` or `EACCES`. */
export function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error;
}
