import { dirname } from 'node:path';
import type { ReferenceSource } from '../contract/manifest.ts';
import { fingerprintOf } from './canonical.ts';
import type { Overrides } from './compose.ts';
import { examine } from './examine.ts';
import { finish } from './finish.ts';
import {
  EXTENSIONS,
  formatOf,
  isListFormat,
  type ManifestFormat,
  type WholeFormat,
} from './formats/index.ts';
import { MAX_MANIFEST_BYTES } from './limits.ts';
import { type LocalReference, lookAtFiles } from './local-references.ts';
import type { ParseResult } from './parse.ts';
import { readBounded } from './read-bounded.ts';
import type { Content } from './read-tree.ts';
import { classify } from './reference-source.ts';
import { createReport, type Report } from './report.ts';
import { contentsIn, pathsIn } from './rules/references.ts';
import { textlessSource } from './source.ts';
import { isSystemError } from './system-error.ts';
import { reportTooLarge } from './text.ts';
import type { Place, Tree } from './tree.ts';

export interface ReadOptions {
  /** A YAML or JSON file with everything but name and items, for JSONL and CSV; its paths are relative to itself. */
  base?: string;
  overrides?: Overrides;
  /** Whether the store has this content; without it `sha256:` references are taken as they are. */
  hasReference?: (sha256: string) => Promise<boolean>;
}

export type ManifestResult =
  | (Extract<ParseResult, { ok: true }> & {
      /** What the client copies into the store before anything starts, each content once. */
      localReferences: LocalReference[];
    })
  | Extract<ParseResult, { ok: false }>;

/**
 * A manifest from a file of this machine (or from what would stand in one), or all its problems at once; a file that cannot
 * be opened is one of them.
 * Local references are opened, looked at and named by their content.
 */
export async function readManifest(
  written: string | Content,
  options: ReadOptions = {},
): Promise<ManifestResult> {
  const problems = createReport();
  const warnings = createReport();
  const { base: basePath, overrides, hasReference } = options;
  const manifest = typeof written === 'string' ? await contentOf(written, problems) : written;
  const base = basePath === undefined ? undefined : await contentOf(basePath, problems);
  const failed = (): ManifestResult => ({
    ok: false,
    problems: problems.problems(),
    warnings: warnings.problems(),
  });
  if (manifest === undefined || (basePath !== undefined && base === undefined)) return failed();
  if (base !== undefined && !isWhole(base)) {
    const fix = 'Name a YAML or JSON file.';
    const message = 'A base cannot be JSONL or CSV.';
    problems.add({ source: textlessSource(base.file), offset: 0 }, { code: 'unknown-format', message, fix });
    return failed();
  }

  const question = {
    manifest,
    ...(base && { base }),
    ...(overrides && { overrides }),
    paths: 'resolve',
  } as const;
  const examined = examine(question, problems, warnings);
  if (examined === undefined) return failed();
  const files = await lookAtFiles(pathsIn(examined.tree), dirname(base?.file ?? manifest.file), problems);
  if (hasReference) await lookForContents(examined.tree, hasReference, problems);
  const result = finish(examined, (written) => sourceOf(written, files), problems);
  if (result === undefined) return failed();
  return {
    ok: true,
    manifest: result,
    fingerprint: fingerprintOf(result),
    warnings: warnings.problems(),
    localReferences: [...new Map([...files.values()].map((file) => [file.sha256, file])).values()],
  };
}

async function contentOf(file: string, report: Report): Promise<Content | undefined> {
  const place = { source: textlessSource(file), offset: 0 };
  const format = formatOf(file);
  if (format === undefined) {
    const message = 'The format of a manifest shows in its name, and this is none.';
    report.add(place, { code: 'unknown-format', message, fix: `It ends in ${EXTENSIONS.join(', ')}.` });
    return undefined;
  }
  try {
    const read = await readBounded(file, MAX_MANIFEST_BYTES);
    if (read.kind === 'content') return { file, format, content: read.content };
    if (read.kind === 'too-large') reportTooLarge(place.source, read.bytes, report);
    else reportUnreadable(place, 'It is a folder, a pipe or a device, and no file.', report);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const isMissing = error.code === 'ENOENT';
    const message = isMissing ? 'There is no such file.' : `The file cannot be read (${error.code}).`;
    reportUnreadable(place, message, report);
  }
  return undefined;
}

function reportUnreadable(place: Place, message: string, report: Report): void {
  const fix = '`hummingbatch init` writes a manifest that runs.';
  report.add(place, { code: 'unreadable', message, fix });
}

function isWhole(content: Content): content is Content<WholeFormat> {
  const format: ManifestFormat = content.format;
  return !isListFormat(format);
}

async function lookForContents(
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
function sourceOf(written: string, files: ReadonlyMap<string, LocalReference>): ReferenceSource {
  const source = classify(written);
  if (source.kind === 'source') return source.source;
  return `sha256:${files.get(written)?.sha256 ?? ''}`;
}
