import { dirname, resolve } from 'node:path';
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
import { createReports, failWith, type Report } from './report.ts';
import { type FindMissing, type Resolved, resolveManifest } from './resolve.ts';
import { createSourceWithoutText } from './source.ts';
import { isSystemError } from './system-error.ts';
import { reportTooLarge } from './text.ts';
import type { Place } from './tree.ts';

export interface ReadOptions {
  /** A YAML or JSON file with all fields but `name` and `items`; only for JSONL and CSV. Its paths are relative to itself. */
  base?: string;
  overrides?: Overrides;
  /** The folder that paths are relative to; problems name files as they are written. Default: the process's. */
  cwd?: string;
  /** See {@link FindMissing}. If it is not given, `sha256:` references are not checked. */
  findMissing?: FindMissing;
}

export type ManifestResult = Resolved<LocalReference>;

/**
 * Reads a manifest from a file of this machine (or from the content of one), or lists all its problems. A file that
 * cannot be opened is one of them.
 * Local references are opened, probed and named by the SHA-256 of their content; the client copies them into the store
 * before the batch starts.
 */
export async function readManifest(
  written: string | Content,
  options: ReadOptions = {},
): Promise<ManifestResult> {
  const reports = createReports();
  const { problems } = reports;
  const { base: basePath, overrides, findMissing, cwd = '' } = options;
  const manifest = typeof written === 'string' ? await readContent(written, cwd, problems) : written;
  const base = basePath === undefined ? undefined : await readContent(basePath, cwd, problems);
  if (manifest === undefined || (basePath !== undefined && base === undefined)) return failWith(reports);
  if (base !== undefined && !isWhole(base)) {
    const fix = 'Use a YAML or JSON file.';
    const message = 'A base file cannot be JSONL or CSV.';
    problems.add(
      { source: createSourceWithoutText(base.file), offset: 0 },
      { code: 'unknown-format', message, fix },
    );
    return failWith(reports);
  }

  const folder = resolve(cwd, dirname(base?.file ?? manifest.file));
  return resolveManifest(
    { manifest, ...(base && { base }), ...(overrides && { overrides }) },
    { paths: (named, report) => probeFiles(named, folder, report), findMissing },
    reports,
  );
}

async function readContent(file: string, cwd: string, report: Report): Promise<Content | undefined> {
  const place = { source: createSourceWithoutText(file), offset: 0 };
  const format = detectFormat(file);
  if (format === undefined) {
    const message = 'The file extension is not a known manifest format.';
    report.add(place, { code: 'unknown-format', message, fix: `Use one of ${EXTENSIONS.join(', ')}.` });
    return undefined;
  }
  try {
    const read = await readBounded(resolve(cwd, file), MAX_MANIFEST_BYTES);
    if (read.kind === 'content') return { file, format, content: read.content };
    if (read.kind === 'too-large') reportTooLarge(place.source, read.bytes, report);
    else reportUnreadable(place, 'The path is a folder, a pipe or a device, not a file.', report);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const isMissing = error.code === 'ENOENT';
    const message = isMissing ? 'The file does not exist.' : `The file cannot be read (${error.code}).`;
    reportUnreadable(place, message, report);
  }
  return undefined;
}

function reportUnreadable(place: Place, message: string, report: Report): void {
  report.add(place, { code: 'unreadable', message, fix: 'Check the name of the file.' });
}

function isWhole(content: Content): content is Content<WholeFormat> {
  const format: ManifestFormat = content.format;
  return !isListFormat(format);
}
