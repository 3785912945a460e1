import { createHash, randomInt } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal, rpcError } from '../http/envelope.ts';
import { openRecords } from './records.ts';

const HOUR = 3_600_000;
const LIFETIME = 48 * HOUR;
/** Google's file ids have at most 40 characters; those of results have 42. */
const MAX_ID_LENGTH = 40;
const ID = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** An uploaded file. */
export interface FileRecord {
  id: string;
  displayName?: string;
  mimeType: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  /** ms since 1970, like {@link expirationTime}. */
  createTime: number;
  expirationTime: number;
  faults?: FileFaults;
}

/** The faults of a file. */
export interface FileFaults {
  /** How many more GETs show the file as PROCESSING. */
  polls?: number;
  /** The file is FAILED instead of ACTIVE after processing. */
  failed?: true;
  /** Replaces the lifetime of 48 h, ms. */
  lifetimeMs?: number;
}

export type FileState = 'PROCESSING' | 'ACTIVE' | 'FAILED';

export interface NewFile {
  id?: string;
  displayName?: string;
  mimeType: string;
  faults?: FileFaults;
}

export type Files = Awaited<ReturnType<typeof openFiles>>;

export async function openFiles(directory: string, now: () => number) {
  await mkdir(directory, { recursive: true });
  const records = await openRecords<FileRecord>(join(directory, 'records'));
  const contentPath = (id: string) => join(directory, `${id}.bin`);
  const recordPath = (id: string) => join(directory, 'records', `${id}.json`);

  async function remove(id: string): Promise<void> {
    await rm(recordPath(id), { force: true });
    await rm(contentPath(id), { force: true });
  }

  /** Finds a file. An expired file is deleted when it is found. */
  async function find(id: string): Promise<FileRecord | undefined> {
    if (!ID.test(id)) return undefined;
    const file = await records.get(id);
    if (!file || file.expirationTime > now()) return file;
    await remove(id);
    return undefined;
  }

  return {
    contentPath,
    find,
    remove,

    async all(): Promise<FileRecord[]> {
      const files = await records.all();
      return files.filter((file) => file.expirationTime > now());
    },

    /** Finds a file and counts the GET, because a fault can make processing last for a number of GETs. */
    async poll(id: string): Promise<FileRecord | undefined> {
      const file = await find(id);
      const polls = file?.faults?.polls ?? 0;
      if (file && polls > 0) await records.put(id, { ...file, faults: { ...file.faults, polls: polls - 1 } });
      return file;
    },

    /** Moves the bytes at `path` into a new file. */
    async add(
      path: string,
      { id = newFileId(), displayName, mimeType, faults }: NewFile,
    ): Promise<FileRecord> {
      const { bytes, sha256 } = await digest(path);
      const createTime = now();
      const expirationTime = createTime + (faults?.lifetimeMs ?? LIFETIME);
      await rename(path, contentPath(id));
      const file = { id, displayName, mimeType, bytes, sha256, createTime, expirationTime, faults };
      await records.put(id, file);
      return file;
    },
  };
}

/**
 * Checks the id in `files/<id>`.
 *
 * @throws Refusal INVALID_ARGUMENT where it is not valid, such as the id of a batch's result.
 */
export function checkFileId(id: string): string {
  if (id.length > MAX_ID_LENGTH) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `* GetFileRequest.name: name must be at most ${MAX_ID_LENGTH} characters long`,
    );
  }
  if (!ID.test(id)) {
    throw new Refusal('INVALID_ARGUMENT', `* GetFileRequest.name: invalid file name: files/${id}`);
  }
  return id;
}

/** Google's answer for a file that is deleted, expired, or of another project. */
export function noSuchFile(id: string): Refusal {
  return new Refusal(
    'PERMISSION_DENIED',
    `You do not have permission to access the File ${id} or it may not exist.`,
  );
}

function fileState({ faults = {} }: FileRecord): FileState {
  if ((faults.polls ?? 0) > 0) return 'PROCESSING';
  return faults.failed ? 'FAILED' : 'ACTIVE';
}

/** @throws Refusal FAILED_PRECONDITION where the file is not ready for use. */
export function checkActive(file: FileRecord): void {
  if (fileState(file) === 'ACTIVE') return;
  throw new Refusal(
    'FAILED_PRECONDITION',
    `The File ${file.id} is not in an ACTIVE state and usage is not allowed.`,
  );
}

/** A file in Google's JSON. */
export function fileResource(file: FileRecord, base: string): Record<string, unknown> {
  return {
    name: `files/${file.id}`,
    ...(file.displayName !== undefined && { displayName: file.displayName }),
    mimeType: file.mimeType,
    sizeBytes: String(file.bytes),
    createTime: new Date(file.createTime).toISOString(),
    updateTime: new Date(file.createTime).toISOString(),
    expirationTime: new Date(file.expirationTime).toISOString(),
    // The base64 of the hex digest, not of the digest: that is what the real API returns.
    sha256Hash: Buffer.from(file.sha256).toString('base64'),
    uri: `${base}/v1beta/files/${file.id}`,
    state: fileState(file),
    ...(fileState(file) === 'FAILED' && { error: rpcError('INTERNAL', 'The file could not be processed.') }),
    source: 'UPLOADED',
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A random id of lower-case letters and digits, like Google's. */
export function randomId(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

function newFileId(): string {
  return randomId(12);
}

async function digest(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}
