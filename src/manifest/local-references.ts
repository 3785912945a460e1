import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MAX_REFERENCE_BYTES } from '../images/limits.ts';
import { probeImage, type ReferenceImage } from '../images/probe.ts';
import { readBounded } from './read-bounded.ts';
import type { Finding, Report } from './report.ts';
import { sha256Of } from './sha256.ts';
import { nearest } from './suggest.ts';
import { isSystemError } from './system-error.ts';
import type { Place } from './tree.ts';

/** A file on this machine that the manifest names, which the client copies into the store under its content's address. */
export interface LocalReference extends ReferenceImage {
  /** Of its bytes, hex. */
  sha256: string;
  /** Absolute. */
  path: string;
  bytes: number;
}

/** A path, and a place in the manifest that names it. */
export interface NamedPath {
  path: string;
  place: Place;
}

export type ProbedFile = { reference: LocalReference } | { finding: Finding };

/**
 * Opens every file that the manifest names, one after the other (one file in memory at a time, 30 MB at most), and
 * reports each that cannot be a reference at each place that names it.
 * @returns by path as written; without those that were reported.
 */
export async function probeFiles(
  named: readonly NamedPath[],
  folder: string,
  report: Report,
): Promise<Map<string, LocalReference>> {
  const looked = new Map<string, ProbedFile>();
  const look = async (path: string): Promise<ProbedFile> => {
    const file = resolve(folder, path);
    const result = looked.get(file) ?? (await probeFile(file, path));
    looked.set(file, result);
    return result;
  };
  return probeEach(named, look, report);
}

/** Looks up each path, and reports those that lead to no reference at each place that names them. */
export async function probeEach<Reference>(
  named: readonly NamedPath[],
  look: (path: string) => Promise<{ reference: Reference } | { finding: Finding }>,
  report: Report,
): Promise<Map<string, Reference>> {
  const references = new Map<string, Reference>();
  for (const { path, place } of named) {
    const result = await look(path);
    if ('finding' in result) report.add(place, result.finding);
    else references.set(path, result.reference);
  }
  return references;
}

/** One file; `written` is how a message names it. */
export async function probeFile(file: string, written: string): Promise<ProbedFile> {
  const bytes = await readImage(file, written);
  if ('finding' in bytes) return bytes;
  const probe = probeImage(bytes.content);
  if (!probe.ok) {
    const { code, message, fix } = probe;
    return { finding: { code, message: `"${written}": ${message}`, fix } };
  }
  const sha256 = sha256Of(bytes.content);
  return { reference: { ...probe.image, sha256, path: file, bytes: bytes.content.length } };
}

/** The content that was looked at; undefined where the file has become another since, or is gone. */
export async function readAgain({ path, bytes, sha256 }: LocalReference): Promise<Buffer | undefined> {
  try {
    const read = await readBounded(path, bytes);
    return read.kind === 'content' && sha256Of(read.content) === sha256 ? read.content : undefined;
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

async function readImage(file: string, written: string): Promise<{ content: Buffer } | { finding: Finding }> {
  try {
    const read = await readBounded(file, MAX_REFERENCE_BYTES);
    if (read.kind === 'no-file') return unreadable(written, 'is no file');
    return read.kind === 'too-large' ? tooLarge(written, read.bytes) : { content: read.content };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return missing(file, written);
    return unreadable(written, `cannot be read (${error.code})`);
  }
}

function unreadable(written: string, why: string): { finding: Finding } {
  const message = `"${written}" ${why}.`;
  return { finding: { code: 'reference-unreadable', message, fix: 'Name an image file that you may read.' } };
}

function tooLarge(written: string, bytes: number): { finding: Finding } {
  const message = `"${written}" has ${(bytes / 2 ** 20).toFixed(1)} MB.`;
  const fix = `At most ${MAX_REFERENCE_BYTES / 2 ** 20} MB.`;
  return { finding: { code: 'reference-too-large', message, fix } };
}

async function missing(file: string, written: string): Promise<{ finding: Finding }> {
  const near = nearest(basename(file), await namesIn(dirname(file)));
  const fix =
    near === undefined ? `It was looked for at ${file}.` : `Did you mean "${join(dirname(written), near)}"?`;
  return { finding: { code: 'reference-missing', message: `There is no file "${written}".`, fix } };
}

/** Only for a suggestion: of a folder that cannot be listed there is none. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
}
