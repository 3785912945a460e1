import { isScheduleName, MAX_SCHEDULE_NAME } from '../contract/schedule.ts';

const MAX_CHARACTERS = 60;
const FINGERPRINT_CHARACTERS = 8;
/** For the `-2` to `-9999` of a batch made afresh. */
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
  // Nothing is left of it, or what is left names a device of Windows.
  return isScheduleName(slug) ? slug : `schedule${slug && `-${slug}`}`;
}

function slugify(name: string, room: number): string {
  // NFKD parts é into e and its accent, which is then dropped with all that is no ASCII.
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, room)
    .replace(/-$/, '');
}
