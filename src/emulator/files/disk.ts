import { copyFile, link } from 'node:fs/promises';

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/**
 * A second name for a file's bytes, so that deleting the first leaves them; a copy where the file system has no links.
 *
 * @returns whether the file was there.
 */
export async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (isMissing(error)) return false;
    if (hasCode(error, 'EEXIST')) return true;
    await copyFile(from, to);
  }
  return true;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
