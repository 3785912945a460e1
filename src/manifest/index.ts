/** Reads a file into a normalised manifest, or lists all its problems. Loads no Temporal, no SDK and no image decoder. */
export { isBatchId } from '../contract/batch-id.ts';
export { durationMs } from '../contract/duration.ts';
export { probeImage } from '../images/probe.ts';
export { deriveBatchId, deriveScheduleName } from './batch-id.ts';
export { computeFingerprint, serialiseManifest } from './canonical.ts';
export type { Overrides } from './compose.ts';
export { type LocalReference, readAgain } from './local-references.ts';
export { type ParseOptions, type ParseResult, parseManifest } from './parse.ts';
export { describeProblem, manifestError, PROBLEMS, type Problem, type ProblemCode } from './problem.ts';
export { type ManifestResult, readManifest } from './read.ts';
export type { ManifestInput } from './schema.ts';
export { starterManifest } from './starter.ts';
export { parseStored } from './stored.ts';
