import { MAX_LABELS } from '../contract/labels.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Problem } from '../manifest/index.ts';
import { InvalidManifest } from './problem.ts';
import { type Caller, TOKEN_LABEL, tokenLabel } from './tokens.ts';

/**
 * A manifest as the token may start it with which it came: it bears the token's label, by which its batch is found, and seen.
 *
 * @throws `manifest-invalid` where it bears another token's label: it would show up among that one's batches; or where a
 *   token that sees only its own names a webhook secret of another's: it would have messages signed in that one's name
 */
export function manifestForToken(caller: Caller | undefined, manifest: Manifest, file: string): Manifest {
  if (!caller) return manifest;
  const secret = caller.ownOnly && manifest.run.notify?.find(({ secretRef }) => secretRef !== caller.name);
  if (secret)
    throw refused(
      file,
      `The webhook secret "${secret.secretRef}" is not this token's.`,
      `Name "${caller.name}".`,
    );
  const own = tokenLabel(caller);
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
