import { dirname } from 'node:path';
import type { Overrides } from './compose.ts';
import {
  detectFormat,
  EXTENSIONS,
  isListFormat,
  type ManifestFormat,
  type WholeFormat,
} from './formats/index.ts';
import { MAX_MANIFEST_BYTES } from './limits.ts';
import { type LocalReference, probeFiles } from './local-references.ts';
import { readBounded } from './read-bounded.ts';
import type { Content } from './read-tree.ts';
import type { Report } from './report.ts';
import { createReports, type Resolved, resolveManifest } from './resolve.ts';
import { textlessSource } from './source.ts';
import { isSystemError } from './system-error.ts';
import { reportTooLarge } from './text.ts';
import type { Place } from './tree.ts';

export interface ReadOptions {
  /** A YAML or JSON file with everything but name and items, for JSONL and CSV; its paths are relative to itself. */
  base?: string;
  overrides?: Overrides;
  /** Whether the store has this content; without it `sha256:` references are taken as they are. */
  hasReference?: (sha256: string) => Promise<boolean>;
}

export type ManifestResult = Resolved<LocalReference>;

/**
 * A manifest from a file of this machine (or from what would stand in one), or all its problems at once; a file that cannot
 * be opened is one of them.
 * Local references are opened, looked at and named by their content; the client copies them into the store before anything
 * starts.
 */
export async function readManifest(
  written: string | Content,
  options: ReadOptions = {},
): Promise<ManifestResult> {
  const reports = createReports();
  const { problems, warnings } = reports;
  const { base: basePath, overrides, hasReference } = options;
  const manifest = typeof written === 'string' ? await readContent(written, problems) : written;
  const base = basePath === undefined ? undefined : await readContent(basePath, problems);
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

  const folder = dirname(base?.file ?? manifest.file);
  return resolveManifest(
    { manifest, ...(base && { base }), ...(overrides && { overrides }) },
    { paths: (named, report) => probeFiles(named, folder, report), hasReference },
    reports,
  );
}

async function readContent(file: string, report: Report): Promise<Content | undefined> {
  const place = { source: textlessSource(file), offset: 0 };
  const format = detectFormat(file);
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
