import { HummingbatchError } from '../../contract/errors.ts';

/** @param where the variable, the flag, or the file with line and column */
export function invalidSetting(
  where: string,
  why: string,
  fix = 'Correct it, or remove it to get the default.',
): HummingbatchError {
  return new HummingbatchError('usage', `${where}: ${why}.`, { fix });
}
