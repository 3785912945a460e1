import { computeFingerprint } from './canonical.ts';
import { type Examined, type ExamineRequest, examine } from './examine.ts';
import { finishManifest } from './finish.ts';
import type { NamedPath } from './local-references.ts';
import type { ParseResult } from './parse.ts';
import { createReports, failWith, type Report } from './report.ts';
import { listContents, listPaths } from './rules/references.ts';

/** Which of these contents, by SHA-256, the store does not have. */
export type FindMissing = (sha256s: readonly string[]) => Promise<ReadonlySet<string>>;

/** How the references of a manifest are found. */
export interface Lookup<Reference extends { sha256: string }> {
  /** Finds the references that are given as paths. Reports those it does not find. */
  paths: (named: readonly NamedPath[], report: Report) => Promise<ReadonlyMap<string, Reference>>;
  /** See {@link FindMissing}. If it is not given, `sha256:` references are not checked. */
  findMissing?: FindMissing | undefined;
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
  const found = await lookup.paths(listPaths(examined.tree, examined.classify), problems);
  if (lookup.findMissing) await findContents(examined, lookup.findMissing, problems);
  const manifest = finishManifest(examined, found, problems);
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
  { tree, classify }: Examined,
  findMissing: FindMissing,
  report: Report,
): Promise<void> {
  const contents = listContents(tree, classify);
  if (contents.length === 0) return;
  const missing = await findMissing([...new Set(contents.map(({ sha256 }) => sha256))]);
  for (const { sha256, place } of contents) {
    if (!missing.has(sha256)) continue;
    const message = `The store does not have the content sha256:${sha256}.`;
    const fix = 'Use the store that has it, or name the file itself.';
    report.add(place, { code: 'reference-missing', message, fix });
  }
}
