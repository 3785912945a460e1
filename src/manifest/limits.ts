/** What a manifest may be. Behind these the parser says so at once instead of using memory or time without end. */

const MIB = 1024 * 1024;

/**
 * The largest manifest, bytes, as a file and again after normalisation: 32 kB for each of 1000 outputs. What passes can
 * therefore always be read back from the store.
 */
export const MAX_MANIFEST_BYTES = 32 * MIB;

/**
 * The largest YAML file, bytes, as the parser takes many times its text: 31 MiB of a text in double quotes took more than
 * 1 GB, of a block of short lines 900 MB and 10 s; at this limit 400 MB and 3 s. JSON has no such limit.
 */
export const MAX_YAML_BYTES = 8 * MIB;

/** Maps inside lists inside maps; a manifest with metadata needs 5 to 8. Recursion is bounded by it. */
export const MAX_DEPTH = 32;

/** Maps, lists and scalars, aliases counted as often as they are used: 250 for each of 1000 items. */
export const MAX_NODES = 250_000;

/**
 * Tokens of a YAML file, spaces and line ends included. The parser holds about 600 bytes for each (measured: 3.6 MB of
 * `- {a: 1}` took 2.4 GB), so this is 300 MB at worst; 1000 items of eight fields have 60 000.
 */
export const MAX_YAML_TOKENS = 500_000;

/**
 * Of a prompt or a system instruction. The models take 65 536 input tokens at least, and a character is a token at
 * most in nearly every script, so what is longer would only be refused by Google after the upload.
 */
export const MAX_TEXT_CHARACTERS = 65_536;

/** Of a problem's message: a manifest may quote megabytes in each of 200 problems. */
export const MAX_SAID_CHARACTERS = 1000;

/** Of an https URL; servers take about as many, and where fetching fails an error quotes its host. */
export const MAX_URL_CHARACTERS = 8192;

/** Of `name` and of a reference's name. */
export const MAX_NAME_CHARACTERS = 100;

/** Problems in one answer; the last line says how many more there are. */
export const MAX_PROBLEMS = 200;

/** Google's seed is an int32; the n-th output of an item gets `seed + n - 1`. */
export const MIN_SEED = -(2 ** 31);
export const MAX_SEED = 2 ** 31 - 1;
