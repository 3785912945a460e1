import { MAX_LABELS } from '../contract/labels.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Problem } from '../manifest/index.ts';
import { InvalidManifest } from './problem.ts';
import { type Caller, labelOf, TOKEN_LABEL } from './tokens.ts';

/**
 * A manifest with the label of the token that it came with, by which its batch is found, and seen.
 *
 * @throws `manifest-invalid` where it bears another token's label: it would show up among that one's batches
 */
export function withTokenLabel(caller: Caller | undefined, manifest: Manifest, file: string): Manifest {
  if (!caller) return manifest;
  const own = labelOf(caller);
  const others = (manifest.run.labels ?? []).filter((label) => label !== own);
  const foreign = others.find((label) => label.startsWith(TOKEN_LABEL));
  if (foreign !== undefined)
    throw refused(file, `The label "${foreign}" is given by a token.`, 'Leave it out.');
  if (others.length >= MAX_LABELS) {
    const fix = `At most ${MAX_LABELS - 1} beside it.`;
    throw refused(file, `With the label "${own}" the batch has ${others.length + 1} labels.`, fix);
  }
  return { ...manifest, run: { ...manifest.run, labels: [...others, own] } };
}

function refused(file: string, message: string, fix: string): InvalidManifest {
  const problem: Problem = { file, code: 'wrong-value', message, fix };
  return new InvalidManifest([problem], []);
}
