import type { ReferenceSource } from '../contract/manifest.ts';
import { computeFingerprint } from './canonical.ts';
import { examine, type Question } from './examine.ts';
import { finish } from './finish.ts';
import type { NamedPath } from './local-references.ts';
import type { ParseResult } from './parse.ts';
import { classify } from './reference-source.ts';
import { createReport, type Report } from './report.ts';
import { contentsIn, pathsIn } from './rules/references.ts';
import type { Tree } from './tree.ts';

/** Where the references of a manifest are looked for. */
export interface Lookup<Reference extends { sha256: string }> {
  /** Those that are named by a path; it reports what it does not find. */
  paths: (named: readonly NamedPath[], report: Report) => Promise<ReadonlyMap<string, Reference>>;
  /** Whether the store has this content; without it `sha256:` references are taken as they are. */
  hasReference?: ((sha256: string) => Promise<boolean>) | undefined;
}

export type Resolved<Reference> =
  | (Extract<ParseResult, { ok: true }> & {
      /** What its paths lead to, each content once. */
      references: Reference[];
    })
  | Extract<ParseResult, { ok: false }>;

/** A manifest whose references were looked for, or all its problems. */
export async function resolveManifest<Reference extends { sha256: string }>(
  question: Omit<Question, 'paths'>,
  lookup: Lookup<Reference>,
  { problems, warnings } = createReports(),
): Promise<Resolved<Reference>> {
  const failed = () => ({
    ok: false as const,
    problems: problems.problems(),
    warnings: warnings.problems(),
  });
  const examined = examine({ ...question, paths: 'resolve' }, problems, warnings);
  if (examined === undefined) return failed();
  const found = await lookup.paths(pathsIn(examined.tree), problems);
  if (lookup.hasReference) await findContents(examined.tree, lookup.hasReference, problems);
  const manifest = finish(examined, (written) => toSource(written, found), problems);
  if (manifest === undefined) return failed();
  return {
    ok: true,
    manifest,
    fingerprint: computeFingerprint(manifest),
    warnings: warnings.problems(),
    references: [...new Map([...found.values()].map((reference) => [reference.sha256, reference])).values()],
  };
}

export interface Reports {
  problems: Report;
  warnings: Report;
}

export function createReports(): Reports {
  return { problems: createReport(), warnings: createReport() };
}

async function findContents(
  tree: Tree,
  hasReference: (sha256: string) => Promise<boolean>,
  report: Report,
): Promise<void> {
  for (const { sha256, place } of contentsIn(tree)) {
    if (await hasReference(sha256)) continue;
    const message = `The store has no content sha256:${sha256}.`;
    const fix = 'Use the store it was put into, or name the file itself.';
    report.add(place, { code: 'reference-missing', message, fix });
  }
}

/** Every path was looked at before, so that each text is one or the other. */
function toSource(written: string, found: ReadonlyMap<string, { sha256: string }>): ReferenceSource {
  const source = classify(written);
  if (source.kind === 'source') return source.source;
  return `sha256:${found.get(written)?.sha256 ?? ''}`;
}
