import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MAX_REFERENCE_BYTES } from '../images/limits.ts';
import { type ImageProbe, probeImage, type ReferenceImage } from '../images/probe.ts';
import { readBounded } from './read-bounded.ts';
import type { Finding, LazyFinding, Report } from './report.ts';
import { computeSha256 } from './sha256.ts';
import { isSystemError } from './system-error.ts';
import type { Place } from './tree.ts';

/** A file on this machine that the manifest names. The client copies it into the store under the SHA-256 of its content. */
export interface LocalReference extends ReferenceImage {
  /** Of its bytes, hex. */
  sha256: string;
  /** Absolute. */
  path: string;
  bytes: number;
}

/** A path and the place in the manifest that names it. */
export interface NamedPath {
  path: string;
  place: Place;
}

export type ProbedFile = { reference: LocalReference } | { finding: LazyFinding };

/** The names in a folder; none if it cannot be listed. */
type ListNames = (folder: string) => Promise<readonly string[]>;

/**
 * Opens every file that the manifest names, one after the other: one file in memory at a time, at most 30 MB. Reports
 * each file that cannot be a reference, at each place that names it.
 * @returns the valid references by their path as written
 */
export async function probeFiles(
  named: readonly NamedPath[],
  folder: string,
  report: Report,
): Promise<Map<string, LocalReference>> {
  const probed = new Map<string, ProbedFile>();
  const listed = new Map<string, Promise<readonly string[]>>();
  // Many files may be missing in one large folder.
  const listOnce: ListNames = (parent) => {
    const names = listed.get(parent) ?? listNames(parent);
    listed.set(parent, names);
    return names;
  };
  const probe = async (path: string): Promise<ProbedFile> => {
    const file = resolve(folder, path);
    const result = probed.get(file) ?? (await probeFile(file, path, listOnce));
    probed.set(file, result);
    return result;
  };
  return probeEach(named, probe, report);
}

/** Probes each path. Reports one that gives no reference at each place that names it. */
export async function probeEach<Reference>(
  named: readonly NamedPath[],
  probe: (path: string) => Promise<{ reference: Reference } | { finding: LazyFinding }>,
  report: Report,
): Promise<Map<string, Reference>> {
  const references = new Map<string, Reference>();
  for (const { path, place } of named) {
    const result = await probe(path);
    if ('finding' in result) report.add(place, result.finding);
    else references.set(path, result.reference);
  }
  return references;
}

/** Probes one file; messages name it as `written`. */
export async function probeFile(
  file: string,
  written: string,
  list: ListNames = listNames,
): Promise<ProbedFile> {
  const bytes = await readImage(file, written, list);
  if ('finding' in bytes) return bytes;
  const probe = probeImage(bytes.content);
  if (!probe.ok) return { finding: toFinding(written, probe) };
  const sha256 = computeSha256(bytes.content);
  return { reference: { ...probe.image, sha256, path: file, bytes: bytes.content.length } };
}

/** The finding for a file that is not a valid image; its message names the file as `written`. */
export function toFinding(
  written: string,
  { code, message, fix }: Extract<ImageProbe, { ok: false }>,
): Finding {
  return { code, message: `"${written}": ${message}`, fix };
}

/** Reads the probed content once more; undefined if the file changed or disappeared in the meantime. */
export async function readAgain({ path, bytes, sha256 }: LocalReference): Promise<Buffer | undefined> {
  try {
    const read = await readBounded(path, bytes);
    return read.kind === 'content' && computeSha256(read.content) === sha256 ? read.content : undefined;
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

async function readImage(
  file: string,
  written: string,
  list: ListNames,
): Promise<{ content: Buffer } | { finding: LazyFinding }> {
  try {
    const read = await readBounded(file, MAX_REFERENCE_BYTES);
    if (read.kind === 'no-file') return buildUnreadable(written, 'is not a file');
    return read.kind === 'too-large' ? buildTooLarge(written, read.bytes) : { content: read.content };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      return buildMissing(file, written, await list(dirname(file)));
    return buildUnreadable(written, `cannot be read (${error.code})`);
  }
}

function buildUnreadable(written: string, why: string): { finding: Finding } {
  const message = `"${written}" ${why}.`;
  return { finding: { code: 'reference-unreadable', message, fix: 'Name an image file that you can read.' } };
}

function buildTooLarge(written: string, bytes: number): { finding: Finding } {
  const message = `"${written}" has ${(bytes / 2 ** 20).toFixed(1)} MB.`;
  const fix = `Use a file of at most ${MAX_REFERENCE_BYTES / 2 ** 20} MB.`;
  return { finding: { code: 'reference-too-large', message, fix } };
}

function buildMissing(file: string, written: string, names: readonly string[]): { finding: LazyFinding } {
  return {
    finding: (findNearest) => {
      const near = findNearest(basename(file), names);
      const fix =
        near === undefined
          ? `Check the path; the full path is ${file}.`
          : `Did you mean "${join(dirname(written), near)}"?`;
      return { code: 'reference-missing', message: `The file "${written}" does not exist.`, fix };
    },
  };
}

/** For suggestions only: a folder that cannot be listed has no names. */
async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
}
