import { countLabelBytes, MAX_LABEL_BYTES, MAX_LABELS, TOKEN_LABEL } from '../contract/labels.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Problem } from '../manifest/index.ts';
import { InvalidManifest } from './problem.ts';
import { type Caller, tokenLabel } from './tokens.ts';

/**
 * The manifest with the label of the caller's token. The label decides which callers may read the batch.
 *
 * @throws `manifest-invalid` if it has the label of another token, among whose batches it would appear; or if a token that
 *   sees only its own batches names the webhook secret of another, in whose name its messages would be signed
 */
export function manifestForToken(caller: Caller | undefined, manifest: Manifest, file: string): Manifest {
  if (!caller) return manifest;
  const secret = caller.ownOnly && manifest.run.notify?.find(({ secretRef }) => secretRef !== caller.name);
  if (secret)
    throw refused(
      file,
      `The webhook secret "${secret.secretRef}" belongs to another token.`,
      `Use "${caller.name}".`,
    );
  const own = tokenLabel(caller);
  const others = (manifest.run.labels ?? []).filter((label) => label !== own);
  const foreign = others.find((label) => label.startsWith(TOKEN_LABEL));
  if (foreign !== undefined)
    throw refused(
      file,
      `Labels that begin with "${TOKEN_LABEL}" are set by the API, such as "${foreign}".`,
      'Remove it.',
    );
  if (others.length >= MAX_LABELS) {
    const fix = `Use at most ${MAX_LABELS - 1} labels of your own.`;
    throw refused(file, `With the label "${own}" the batch has ${others.length + 1} labels.`, fix);
  }
  const labels = [...others, own];
  const bytes = countLabelBytes(labels);
  if (bytes > MAX_LABEL_BYTES)
    throw refused(
      file,
      `With the label "${own}" the labels of the batch have ${bytes} bytes in UTF-8; at most ${MAX_LABEL_BYTES} are possible.`,
      'Use fewer or shorter labels.',
    );
  return { ...manifest, run: { ...manifest.run, labels } };
}

function refused(file: string, message: string, fix: string): InvalidManifest {
  const problem: Problem = { file, code: 'wrong-value', message, fix };
  return new InvalidManifest([problem], []);
}
