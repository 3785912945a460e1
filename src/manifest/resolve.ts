import type { ReferenceSource } from '../contract/manifest.ts';
import { computeFingerprint } from './canonical.ts';
import { type ExamineRequest, examine } from './examine.ts';
import { finishManifest } from './finish.ts';
import type { NamedPath } from './local-references.ts';
import type { ParseResult } from './parse.ts';
import { classifyReference } from './reference-source.ts';
import { createReports, failWith, type Report } from './report.ts';
import { listContents, listPaths } from './rules/references.ts';
import type { Tree } from './tree.ts';

/** How the references of a manifest are found. */
export interface Lookup<Reference extends { sha256: string }> {
  /** Finds the references that are given as paths. Reports those it does not find. */
  paths: (named: readonly NamedPath[], report: Report) => Promise<ReadonlyMap<string, Reference>>;
  /** Whether the store has this content. If it is not given, `sha256:` references are not checked. */
  hasReference?: ((sha256: string) => Promise<boolean>) | undefined;
}

export type Resolved<Reference> =
  | (Extract<ParseResult, { ok: true }> & {
      /** The references found by path, each content once. */
      references: Reference[];
    })
  | Extract<ParseResult, { ok: false }>;

/** A manifest with its references resolved, or all its problems. */
export async function resolveManifest<Reference extends { sha256: string }>(
  request: Omit<ExamineRequest, 'paths'>,
  lookup: Lookup<Reference>,
  reports = createReports(),
): Promise<Resolved<Reference>> {
  const { problems, warnings } = reports;
  const examined = examine({ ...request, paths: 'resolve' }, problems, warnings);
  if (examined === undefined) return failWith(reports);
  const found = await lookup.paths(listPaths(examined.tree), problems);
  if (lookup.hasReference) await findContents(examined.tree, lookup.hasReference, problems);
  const manifest = finishManifest(examined, (written) => toSource(written, found), problems);
  if (manifest === undefined) return failWith(reports);
  return {
    ok: true,
    manifest,
    fingerprint: computeFingerprint(manifest),
    warnings: warnings.problems(),
    references: [...new Map([...found.values()].map((reference) => [reference.sha256, reference])).values()],
  };
}

async function findContents(
  tree: Tree,
  hasReference: (sha256: string) => Promise<boolean>,
  report: Report,
): Promise<void> {
  for (const { sha256, place } of listContents(tree)) {
    if (await hasReference(sha256)) continue;
    const message = `The store does not have the content sha256:${sha256}.`;
    const fix = 'Use the store that has it, or name the file itself.';
    report.add(place, { code: 'reference-missing', message, fix });
  }
}

/** Every path was resolved before, so each text is a source or a path in `found`. */
function toSource(written: string, found: ReadonlyMap<string, { sha256: string }>): ReferenceSource {
  const source = classifyReference(written);
  if (source.kind === 'source') return source.source;
  return `sha256:${found.get(written)?.sha256 ?? ''}`;
}
