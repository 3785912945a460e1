import { fc } from '@fast-check/vitest';
import { test } from 'vitest';
import { MANIFESTS } from '../../fuzz/manifest.ts';

test.each(MANIFESTS)('$name', ({ property }) => {
  fc.assert(property, { seed: 20_261_124, numRuns: 200 });
});
