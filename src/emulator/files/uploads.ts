import { createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../http/envelope.ts';
import { isMissing } from './disk.ts';
import { type FileRecord, type Files, type NewFile, randomId } from './files.ts';
import { openRecords } from './records.ts';

/** Google's limit for one file. */
const MAX_FILE_BYTES = 2 * 1024 ** 3;

/** A resumable upload, from its start to its last byte and, for those who ask again, after it. */
export interface UploadRecord {
  id: string;
  file: NewFile;
  /** As announced at the start. */
  bytes: number;
  status: 'active' | 'final' | 'cancelled';
  /** The id of the file it became. */
  fileId?: string;
}

export interface UploadStanding {
  upload: UploadRecord;
  /** Bytes that arrived and will not be asked for again. */
  received: number;
}

export type Uploads = Awaited<ReturnType<typeof openUploads>>;

export async function openUploads(directory: string, files: Files) {
  await mkdir(directory, { recursive: true });
  const records = await openRecords<UploadRecord>(join(directory, 'records'));
  const partPath = (id: string) => join(directory, `${id}.part`);
  const running = new Map<string, Running>();

  async function find(id: string): Promise<UploadRecord> {
    const upload = await records.get(id);
    if (upload) return upload;
    throw new Refusal('NOT_FOUND', 'Upload not found.');
  }

  /** A client that asks again has given its earlier request up, even where the connection still looks open. */
  async function abortEarlier(id: string): Promise<void> {
    const earlier = running.get(id);
    earlier?.abort.abort();
    await earlier?.ended;
  }

  async function readReceived(upload: UploadRecord): Promise<number> {
    if (upload.status !== 'active') return upload.bytes;
    try {
      return (await stat(partPath(upload.id))).size;
    } catch (error) {
      // Killed between taking the bytes over and saying so: the client sends them again, as another file.
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  async function finish(upload: UploadRecord, received: number): Promise<FileRecord> {
    if (received !== upload.bytes) {
      throw new Refusal(
        'INVALID_ARGUMENT',
        `Upload has ${received} bytes where ${upload.bytes} were announced.`,
      );
    }
    const file = await files.add(partPath(upload.id), upload.file);
    await records.put(upload.id, { ...upload, status: 'final', fileId: file.id });
    return file;
  }

  return {
    async start(file: NewFile, bytes: number): Promise<UploadRecord> {
      if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > MAX_FILE_BYTES) {
        throw new Refusal('INVALID_ARGUMENT', `File size must be at most ${MAX_FILE_BYTES} bytes.`);
      }
      const upload: UploadRecord = { id: randomId(40), file, bytes, status: 'active' };
      await (await open(partPath(upload.id), 'wx')).close();
      await records.put(upload.id, upload);
      return upload;
    },

    /** The display name of the file that it will be. */
    async findName(id: string): Promise<string | undefined> {
      return (await records.get(id))?.file.displayName;
    },

    /** Where an upload stands, as the command `query` asks. */
    async query(id: string): Promise<UploadStanding> {
      await abortEarlier(id);
      const upload = await find(id);
      return { upload, received: await readReceived(upload) };
    },

    /**
     * Writes what comes, byte by byte as it comes: a connection that breaks leaves what it brought.
     *
     * @returns the file, where this was the last piece.
     * @throws Refusal INVALID_ARGUMENT where the offset is not where the last piece ended, or more comes than announced.
     */
    async append(
      id: string,
      offset: number,
      bytes: AsyncIterable<Buffer>,
      last: boolean,
    ): Promise<FileRecord | undefined> {
      await abortEarlier(id);
      const upload = await find(id);
      const received = await readReceived(upload);
      if (upload.status !== 'active') throw new Refusal('FAILED_PRECONDITION', `Upload is ${upload.status}.`);
      if (offset !== received) {
        throw new Refusal(
          'INVALID_ARGUMENT',
          `Upload offset is ${offset} where ${received} bytes were received.`,
        );
      }
      const abort = new AbortController();
      const arrived = pipeline(bytes, limitBytes(upload.bytes - received), appendTo(partPath(id)), {
        signal: abort.signal,
      });
      running.set(id, { abort, ended: arrived.catch(() => undefined) });
      try {
        await arrived;
      } catch (error) {
        throw abort.signal.aborted
          ? new Refusal('CANCELLED', 'A later request took the upload over.')
          : error;
      } finally {
        running.delete(id);
      }
      return last ? finish(upload, await readReceived(upload)) : undefined;
    },

    async cancel(id: string): Promise<void> {
      await abortEarlier(id);
      await records.put(id, { ...(await find(id)), status: 'cancelled' });
      await rm(partPath(id), { force: true });
    },
  };
}

interface Running {
  abort: AbortController;
  /** Settles when the bytes stopped coming; how it ended is the business of the request that brought them. */
  ended: Promise<void>;
}

function appendTo(path: string) {
  return createWriteStream(path, { flags: 'a' });
}

function limitBytes(limit: number) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      // Read on to the end, or the client is still sending when the answer comes and sees a reset instead of it.
      if (bytes <= limit) yield chunk;
    }
    if (bytes > limit) throw new Refusal('INVALID_ARGUMENT', 'More bytes came than were announced.');
  };
}
