import { utf8Length, utf8Prefix } from './utf8.ts';

/**
 * Most file systems take names of 255 bytes at most. The longest addition is `~1000~alt999.jpeg` with 17; the rest is
 * left to whoever writes under a temporary name first. A key of 100 ASCII characters fits, one of 100 of another script
 * (up to 400 bytes) may not.
 */
const MAX_BYTES = 120;

/** What a key may hold; it is checked again here, because what becomes a path is not left to another part's care. */
const UNSAFE = /[^\p{L}\p{M}\p{N}._-]|^\.+/gu;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/iu;

/**
 * One file name, without extension, for each key, in their order: the key itself where it can be, else the beginning of
 * it with `~x` and 16 hexadecimal digits. No two are the same on any system, whatever the keys are, and none leaves its
 * folder; since a key holds no `~`, nor does a name clash with another key's `~2` or `~alt1`.
 */
export function fileNames(keys: readonly string[]): string[] {
  const taken = new Set<string>();
  return keys.map((key) => {
    const name = firstFree(key.normalize('NFC'), taken);
    taken.add(folded(name));
    return name;
  });
}

/** The name of the k-th further image of an output, k from 1. */
export function alternateStem(stem: string, k: number): string {
  return `${stem}~alt${k}`;
}

/**
 * The name of an image that nobody asked for, by its SHA-256 in hex. No output has it, not even of a key `stray`: a count
 * has at most four digits, and 64 bits in hex are neither `alt1` nor `x…`.
 */
export function strayStem(sha256: string): string {
  return `stray~${sha256.slice(0, 16)}`;
}

function firstFree(key: string, taken: ReadonlySet<string>): string {
  if (isSafe(key) && !taken.has(folded(key))) return key;
  const readable = key.replaceAll(UNSAFE, '_');
  // The salt matters only where two keys of a batch have the same 64-bit hash.
  for (let salt = 0; ; salt += 1) {
    const tag = `~x${hash64(`${salt}:${key}`)}`;
    const name = utf8Prefix(readable, MAX_BYTES - tag.length) + tag;
    if (!taken.has(folded(name))) return name;
  }
}

function isSafe(name: string): boolean {
  return name !== '' && !name.match(UNSAFE) && !WINDOWS_DEVICE.test(name) && utf8Length(name) <= MAX_BYTES;
}

/**
 * Names that any common file system may take for the same fold to the same. Going to upper and back to lower case joins
 * what lower case alone keeps apart and Windows and macOS do not (ς and σ, ſ and s, ß and ss); ext4 with case folding
 * also ignores characters that are not drawn, such as the Hangul fillers, which are letters.
 */
function folded(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFD');
}

/** Two FNV-1a hashes with a closing mix each. Not cryptographic: a clash is looked for, not hoped against. */
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
