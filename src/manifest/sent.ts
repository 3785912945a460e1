import type { ImageProbe, ReferenceImage } from '../images/probe.ts';
import type { WholeFormat } from './formats/index.ts';
import { probeEach, toFinding } from './local-references.ts';
import type { Content } from './read-tree.ts';
import type { Finding, LazyFinding } from './report.ts';
import { type FindMissing, type Resolved, resolveManifest } from './resolve.ts';
import { suggestName } from './suggest.ts';

/** A file that was sent with a manifest, after probing. */
export interface SentFile {
  /** The path by which the manifest names it. */
  name: string;
  /** SHA-256 of its bytes, hex. */
  sha256: string;
  probe: ImageProbe;
}

/** A sent file that is a valid reference image. */
export interface SentReference extends ReferenceImage {
  name: string;
  sha256: string;
}

export interface SentManifest {
  manifest: Content;
  /** All fields but `name` and `items`; only for JSONL and CSV. */
  base?: Content<WholeFormat>;
  files: readonly SentFile[];
  findMissing: FindMissing;
}

/**
 * Reads a manifest that was sent with its references, or lists all its problems. Its paths name only the files that were
 * sent: no local file is opened. If no file was sent, a path is a problem (`path-not-allowed`).
 */
export function readSent({
  manifest,
  base,
  files,
  findMissing,
}: SentManifest): Promise<Resolved<SentReference>> {
  const byName = new Map(files.map((file) => [normalisePath(file.name), file]));
  const names = [...byName.keys()];
  const findFile = async (path: string) => findSentFile(byName, names, path);
  return resolveManifest(
    { manifest, ...(base && { base }) },
    { paths: (named, report) => probeEach(named, findFile, report), findMissing },
  );
}

/** Removes a leading `./`, so that `./refs/a.png` and `refs/a.png` name the same file. */
export function normalisePath(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

function findSentFile(
  files: ReadonlyMap<string, SentFile>,
  names: readonly string[],
  path: string,
): { reference: SentReference } | { finding: LazyFinding } {
  const file = files.get(normalisePath(path));
  if (!file) return { finding: names.length === 0 ? buildPathNotAllowed(path) : buildMissing(path, names) };
  const { name, sha256, probe } = file;
  return probe.ok ? { reference: { ...probe.image, name, sha256 } } : { finding: toFinding(path, probe) };
}

function buildPathNotAllowed(path: string): Finding {
  return {
    code: 'path-not-allowed',
    message: `"${path}" is a local path, which cannot be opened here.`,
    fix: 'Send the file as a part of a multipart request with this name, or use an https URL.',
  };
}

function buildMissing(path: string, names: readonly string[]): LazyFinding {
  return (findNearest) => ({
    code: 'reference-missing',
    message: `The file "${path}" was not sent.`,
    fix:
      suggestName(normalisePath(path), names, findNearest) ??
      `Send it as a part with the name "${normalisePath(path)}".`,
  });
}
