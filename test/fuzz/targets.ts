import { MANIFESTS } from './manifest.ts';
import { RESULT_LINES } from './result-lines.ts';
import type { Target } from './target.ts';

/**
 * All that is fuzzed: `npm test` tries each for a moment, `npm run fuzz` for as long as one likes. Another subject is a file
 * beside this one, and a line here.
 */
export const TARGETS: readonly Target[] = [...RESULT_LINES, ...MANIFESTS];
