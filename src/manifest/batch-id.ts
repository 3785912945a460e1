const MAX_CHARACTERS = 60;
const FINGERPRINT_CHARACTERS = 8;
/** For the `-2` to `-9999` of a batch made afresh. */
const RESERVED = 5;

/**
 * The id of a manifest's batch: its name in lower-case ASCII and the first 8 digits of its fingerprint,
 * `autumn-catalogue-3f9a1c02`. At most 55 characters, so that `-2` can follow.
 */
export function batchIdOf(name: string, fingerprint: string): string {
  const room = MAX_CHARACTERS - RESERVED - FINGERPRINT_CHARACTERS - '-'.length;
  // NFKD parts é into e and its accent, which is then dropped with all that is no ASCII.
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, room)
    .replace(/-$/, '');
  return `${slug || 'batch'}-${fingerprint.slice(0, FINGERPRINT_CHARACTERS)}`;
}
