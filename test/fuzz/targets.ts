import { MANIFESTS } from './manifest.ts';
import { RESULT_LINES } from './result-lines.ts';
import type { Target } from './target.ts';

/**
 * All fuzz targets. `npm test` runs each one briefly; `npm run fuzz` runs them for any time. Add a target in a file of this
 * folder and list it here.
 */
export const TARGETS: readonly Target[] = [...RESULT_LINES, ...MANIFESTS];
