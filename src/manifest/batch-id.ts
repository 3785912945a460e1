import { isScheduleName, MAX_SCHEDULE_NAME } from '../contract/batch-id.ts';

const MAX_CHARACTERS = 60;
const FINGERPRINT_CHARACTERS = 8;
/** Room for the suffix `-2` to `-9999` that a new batch of the same manifest gets. */
const RESERVED = 5;

/**
 * The id of a manifest's batch: its name in lower-case ASCII and the first 8 digits of its fingerprint,
 * `autumn-catalogue-3f9a1c02`. At most 55 characters, so that `-2` can follow.
 */
export function deriveBatchId(name: string, fingerprint: string): string {
  const room = MAX_CHARACTERS - RESERVED - FINGERPRINT_CHARACTERS - '-'.length;
  return `${slugify(name, room) || 'batch'}-${fingerprint.slice(0, FINGERPRINT_CHARACTERS)}`;
}

/** The name of a manifest's schedule: its own in lower-case ASCII, `autumn-catalogue`. */
export function deriveScheduleName(name: string): string {
  const slug = slugify(name, MAX_SCHEDULE_NAME);
  // The slug may be empty, or a device name of Windows.
  return isScheduleName(slug) ? slug : `schedule${slug && `-${slug}`}`;
}

function slugify(name: string, room: number): string {
  // NFKD splits é into e and its accent. The accent is then dropped, like everything outside ASCII.
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, room)
    .replace(/-$/, '');
}
