import type { Check } from './check.ts';

/** As in `engines` of package.json. */
const OLDEST = { major: 20, minor: 20 } as const;

export const checkNode: Check = async () => {
  const name = 'Node';
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  return isNew
    ? { name, level: 'ok', message: process.version }
    : {
        name,
        level: 'missing',
        message: `${process.version} is too old.`,
        fix: 'Install Node 20.20 or later.',
      };
};
