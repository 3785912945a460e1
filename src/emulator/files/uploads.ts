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

/** A resumable upload. It is kept after its end, for clients that query it again. */
export interface UploadRecord {
  id: string;
  file: NewFile;
  /** The size that the client announced at the start. */
  bytes: number;
  status: 'active' | 'final' | 'cancelled';
  /** The id of its file, once it is complete. */
  fileId?: string;
}

export interface UploadStanding {
  upload: UploadRecord;
  /** Bytes that have arrived. */
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

  /**
   * Aborts the earlier request of an upload: a client that sends another one has given it up, even if its connection is
   * still open.
   */
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
      // The process was killed between moving the bytes and recording it: the client sends them again, as another file.
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  async function finish(upload: UploadRecord, received: number): Promise<FileRecord> {
    if (received !== upload.bytes) {
      throw new Refusal(
        'INVALID_ARGUMENT',
        `Upload has ${received} bytes, but ${upload.bytes} were announced.`,
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

    /** Finds the display name of the upload's file. */
    async findName(id: string): Promise<string | undefined> {
      return (await records.get(id))?.file.displayName;
    },

    /** Reads the state of an upload, for the command `query`. */
    async query(id: string): Promise<UploadStanding> {
      await abortEarlier(id);
      const upload = await find(id);
      return { upload, received: await readReceived(upload) };
    },

    /**
     * Appends bytes as they arrive: those of a connection that breaks are kept.
     *
     * @returns the file, if this was the last piece.
     * @throws Refusal INVALID_ARGUMENT where the offset is not the end of the last piece, or more bytes arrive than
     *   announced.
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
          `Upload offset is ${offset}, but ${received} bytes were received.`,
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
          ? new Refusal('CANCELLED', 'A later request continued the upload.')
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
  /** Settles when the request has ended. Its error is handled by the request itself. */
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
      // Read to the end: otherwise the client is still sending when the answer arrives, and gets a reset instead.
      if (bytes <= limit) yield chunk;
    }
    if (bytes > limit) throw new Refusal('INVALID_ARGUMENT', 'More bytes arrived than were announced.');
  };
}
