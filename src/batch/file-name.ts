import { utf8Length, utf8Prefix } from '../contract/text.ts';

/**
 * Most file systems allow names of at most 255 bytes. The longest suffix is `~1000~alt999.jpeg` with 17 bytes; the rest
 * is left for programs that write under a longer temporary name first. A key of 100 ASCII characters fits; one of 100
 * characters of another script (up to 400 bytes) may not.
 */
const MAX_BYTES = 120;

/**
 * Characters that a file name must not hold. The manifest checks keys too; this check does not rely on it, because the
 * name becomes a path.
 */
const UNSAFE = /[^\p{L}\p{M}\p{N}._-]|^\.+/gu;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/iu;

/**
 * Chooses a file name without extension for each key, in their order: the key itself where possible, else its beginning
 * with `~x` and 16 hexadecimal digits. No two names are the same on any file system, whatever the keys are, and none
 * leaves its folder. A key holds no `~`, so no name clashes with another key's `~2` or `~alt1`.
 */
export function chooseFileNames(keys: readonly string[]): string[] {
  const taken = new Set<string>();
  return keys.map((key) => {
    const name = chooseName(key.normalize('NFC'), taken);
    taken.add(fold(name));
    return name;
  });
}

/** The name of the k-th further image of an output, k from 1. */
export function alternateStem(stem: string, k: number): string {
  return `${stem}~alt${k}`;
}

/**
 * The name of an image that belongs to no output, from its SHA-256 in hex. It clashes with no output, not even with a
 * key `stray`: a count has at most four digits, and 16 hex digits are neither `alt1` nor `x…`.
 */
export function strayStem(sha256: string): string {
  return `stray~${sha256.slice(0, 16)}`;
}

function chooseName(key: string, taken: ReadonlySet<string>): string {
  if (isSafe(key) && !taken.has(fold(key))) return key;
  const readable = key.replaceAll(UNSAFE, '_');
  // The salt is needed only where two keys of a batch have the same 64-bit hash.
  for (let salt = 0; ; salt += 1) {
    const tag = `~x${hash64(`${salt}:${key}`)}`;
    const name = utf8Prefix(readable, MAX_BYTES - tag.length) + tag;
    if (!taken.has(fold(name))) return name;
  }
}

function isSafe(name: string): boolean {
  return name !== '' && !name.match(UNSAFE) && !WINDOWS_DEVICE.test(name) && utf8Length(name) <= MAX_BYTES;
}

/**
 * Folds names so that names which any common file system treats as equal become equal. Upper case and then lower case
 * also joins letters that Windows and macOS treat as equal (ς and σ, ſ and s, ß and ss). ext4 with case folding also
 * ignores invisible characters, such as the Hangul fillers, which are letters.
 */
function fold(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFD');
}

/** Two FNV-1a hashes with a final mix. Not cryptographic: the caller checks for clashes. */
function hash64(text: string): string {
  return [0x811c9dc5, 0x9e3779b9].map((seed) => hash32(text, seed).toString(16).padStart(8, '0')).join('');
}

function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
