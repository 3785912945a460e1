import { fileURLToPath } from 'node:url';

/** The built `hummingbatch`. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/**
 * Flags for processes that live for seconds: V8's optimizing compiler takes a quarter of the CPU time of a whole `run`, and
 * pays off only later.
 */
export const SHORT_LIVED = ['--no-opt'] as const;

/** The arguments of Node for a command line of `hummingbatch`. */
export function buildNodeArguments(...words: readonly string[]): string[] {
  return [...SHORT_LIVED, MAIN, ...words];
}
