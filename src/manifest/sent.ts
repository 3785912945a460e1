import type { ImageProbe, ReferenceImage } from '../images/probe.ts';
import type { WholeFormat } from './formats/index.ts';
import { probeEach } from './local-references.ts';
import type { Content } from './read-tree.ts';
import type { Finding } from './report.ts';
import { type Resolved, resolveManifest } from './resolve.ts';
import { nearest } from './suggest.ts';

/** A file that was sent beside a manifest, once it was looked at. */
export interface SentFile {
  /** What the manifest calls it. */
  name: string;
  /** Of its bytes, hex. */
  sha256: string;
  probe: ImageProbe;
}

/** A sent file that is an image, as the manifest takes it. */
export interface SentReference extends ReferenceImage {
  name: string;
  sha256: string;
}

export interface SentManifest {
  manifest: Content;
  /** Everything but name and items, for JSONL and CSV. */
  base?: Content<WholeFormat>;
  files: readonly SentFile[];
  /** Whether the store has this content. */
  hasReference: (sha256: string) => Promise<boolean>;
}

/**
 * A manifest that came with its references, or all its problems. Its paths are names of what was sent, and nothing else:
 * no file is opened. Without any file a path is what it is in the store, `path-not-allowed`.
 */
export function readSent({
  manifest,
  base,
  files,
  hasReference,
}: SentManifest): Promise<Resolved<SentReference>> {
  const byName = new Map(files.map((file) => [fileName(file.name), file]));
  const look = async (path: string) => findSent(byName, path);
  return resolveManifest(
    { manifest, ...(base && { base }) },
    { paths: (named, report) => probeEach(named, look, report), hasReference },
  );
}

/** `./refs/a.png` and `refs/a.png` are one file to whoever writes them. */
export function fileName(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

function findSent(
  files: ReadonlyMap<string, SentFile>,
  path: string,
): { reference: SentReference } | { finding: Finding } {
  const file = files.get(fileName(path));
  if (!file) return { finding: files.size === 0 ? unopenable(path) : missing(path, [...files.keys()]) };
  const { name, sha256, probe } = file;
  if (probe.ok) return { reference: { ...probe.image, name, sha256 } };
  const { code, message, fix } = probe;
  return { finding: { code, message: `"${path}": ${message}`, fix } };
}

function unopenable(path: string): Finding {
  return {
    code: 'path-not-allowed',
    message: `"${path}" is a path, and nobody here can open it.`,
    fix: 'Send the file beside the manifest, as a part of a multipart request with this name; or name an https URL.',
  };
}

function missing(path: string, names: readonly string[]): Finding {
  const near = nearest(fileName(path), names);
  const fix =
    near === undefined ? `Send it as a part with the name "${fileName(path)}".` : `Did you mean "${near}"?`;
  return { code: 'reference-missing', message: `No file "${path}" was sent.`, fix };
}
