import { copyFile, link } from 'node:fs/promises';

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/**
 * Links a file under a second name, so that deleting the first one keeps its bytes. Copies it where the file system has
 * no hard links.
 *
 * @returns whether the file exists.
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
