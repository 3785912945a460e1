/** The limits of a manifest. Beyond them the parser stops at once, so that memory and time stay bounded. */

const MIB = 1024 * 1024;

/**
 * The largest manifest, bytes, both as a file and after normalisation: 32 kB for each of 1000 outputs. A manifest that
 * passes can therefore always be read back from the store.
 */
export const MAX_MANIFEST_BYTES = 32 * MIB;

/**
 * The largest YAML file, bytes. The parser uses many times the size of the text: a double-quoted text of 31 MiB took more
 * than 1 GB; a block of short lines 900 MB and 10 s. At this limit it takes 400 MB and 3 s. JSON has no such limit.
 */
export const MAX_YAML_BYTES = 8 * MIB;

/** Levels of nested maps and lists; a manifest with metadata needs 5 to 8. This bounds recursion. */
export const MAX_DEPTH = 32;

/** Maps, lists and scalars, where each use of an alias counts again: 250 for each of 1000 items. */
export const MAX_NODES = 250_000;

/**
 * Tokens of a YAML file, including spaces and line ends. The parser uses about 600 bytes for each (measured: 3.6 MB of
 * `- {a: 1}` took 2.4 GB), so this limit means at most 300 MB. 1000 items of eight fields have 60 000 tokens.
 */
export const MAX_YAML_TOKENS = 500_000;

/**
 * Characters of a prompt or a system instruction. The models take at least 65 536 input tokens, and in nearly every
 * script a character is at most one token, so Google would only refuse a longer text after the upload.
 */
export const MAX_TEXT_CHARACTERS = 65_536;

/** Characters of a problem's message: without this limit, each of 200 problems could quote megabytes of the manifest. */
export const MAX_MESSAGE_CHARACTERS = 1000;

/** Characters of an https URL. Servers accept about as many, and an error about a failed fetch quotes the host. */
export const MAX_URL_CHARACTERS = 8192;

/**
 * Characters of a URL's host with port, user name and password: a name has at most 253. The time to encode one of another
 * script grows with the square of its length: 8000 characters take 50 ms.
 */
export const MAX_HOST_CHARACTERS = 300;

/** Characters of `name` and of the name of a reference. */
export const MAX_NAME_CHARACTERS = 100;

/** Problems in one result; the last one then says how many more there are. */
export const MAX_PROBLEMS = 200;

/** Google's seed is an int32; the n-th output of an item gets `seed + n - 1`. */
export const MIN_SEED = -(2 ** 31);
export const MAX_SEED = 2 ** 31 - 1;
