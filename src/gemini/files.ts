import { z } from 'zod';
import { HummingbatchError } from '../contract/errors.ts';
import type { Http } from './http.ts';
import { splitPieces } from './pieces.ts';
import { callOptions, type Sdk } from './sdk.ts';
import { readTime } from './time.ts';

/** A file at Google, of at most 2 GB, deleted by Google 48 h after its upload. */
export interface RemoteFile {
  /** `files/…` */
  name: string;
  uri: string;
  mimeType: string;
  state: 'PROCESSING' | 'ACTIVE' | 'FAILED';
  /** ms since 1970. */
  expiresAt: number;
}

/** A file to upload. `chunks` can be called any number of times, with any offset. */
export interface Upload {
  displayName: string;
  mimeType: string;
  bytes: number;
  chunks(offset: number): AsyncIterable<Uint8Array>;
}

const API = 'v1beta';
const CALL_DEADLINE_MS = 15_000;
/** The size of one POST: a multiple of 256 kB, which the protocol requires. */
const PIECE_BYTES = 8 << 20;
// 8 MB in two minutes is 70 kB/s: a slower connection counts as broken.
const PIECE_DEADLINE_MS = 120_000;
/**
 * How often one upload is resumed after a cut, by asking how much has arrived. After that the activity's retry policy
 * applies.
 */
const MAX_RESUMES = 5;
const LIFETIME_MS = 48 * 3_600_000;

const RemoteFileShape = z.looseObject({
  name: z.string().regex(/^files\/[\w-]{1,100}$/),
  uri: z.url(),
  mimeType: z.string(),
  state: z.enum(['PROCESSING', 'ACTIVE', 'FAILED']).catch('PROCESSING').default('ACTIVE'),
  expirationTime: z.string().optional().catch(undefined),
});

/**
 * Uploads, deletes and reads files. The upload is own code: the SDK's cannot resume, and loses its headers where a
 * deadline is set (@google/genai 2.32.0).
 */
export function createFiles(http: Http, sdk: Sdk) {
  async function start({ displayName, mimeType, bytes }: Upload, signal: AbortSignal): Promise<string> {
    const { headers } = await http.send({
      method: 'POST',
      path: `/upload/${API}/files`,
      headers: {
        'content-type': 'application/json',
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(bytes),
        'x-goog-upload-header-content-type': mimeType,
      },
      body: JSON.stringify({ file: { displayName, mimeType, sizeBytes: String(bytes) } }),
      deadlineMs: CALL_DEADLINE_MS,
      signal,
      subject: 'upload',
    });
    const url = headers.get('x-goog-upload-url');
    if (!url)
      throw new HummingbatchError('invalid-response', 'Gemini started an upload without naming its URL.');
    return url;
  }

  function post(
    url: string,
    command: string,
    headers: Record<string, string>,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ) {
    return http.send({
      method: 'POST',
      path: url,
      headers: { 'x-goog-upload-command': command, ...headers },
      ...(body && { body }),
      deadlineMs: body ? PIECE_DEADLINE_MS : CALL_DEADLINE_MS,
      signal,
      subject: 'upload',
    });
  }

  /** Sends the bytes from an offset on. The answer to the last piece is the file. */
  async function sendFrom(
    url: string,
    upload: Upload,
    offset: number,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<RemoteFile> {
    let at = offset;
    for await (const piece of splitPieces(upload.chunks(offset), PIECE_BYTES, upload.bytes - offset)) {
      const last = at + piece.byteLength === upload.bytes;
      const { body } = await post(
        url,
        last ? 'upload, finalize' : 'upload',
        { 'x-goog-upload-offset': String(at) },
        piece,
        signal,
      );
      at += piece.byteLength;
      onProgress(at);
      if (last) return readFile(body);
    }
    throw new HummingbatchError(
      'internal',
      `The content of an upload of ${upload.bytes} bytes ended after ${at} bytes.`,
    );
  }

  /** The state of an interrupted upload: the bytes that arrived, or the file if all of them did. */
  async function queryUpload(
    url: string,
    upload: Upload,
    signal: AbortSignal,
  ): Promise<{ received: number } | RemoteFile> {
    const { headers, body } = await post(url, 'query', {}, undefined, signal);
    if (headers.get('x-goog-upload-status') === 'final') return readFile(body);
    return { received: readSize(headers.get('x-goog-upload-size-received'), upload.bytes) };
  }

  return {
    /**
     * Uploads a file, resuming after a cut. `onProgress` gets the bytes that have arrived, after each piece.
     *
     * @throws `file-rejected`, `rate-limited`, `unavailable`, `unreachable`, `invalid-response`, and errors of the key
     */
    async upload(
      upload: Upload,
      signal: AbortSignal,
      onProgress: (bytes: number) => void,
    ): Promise<RemoteFile> {
      const url = await start(upload, signal);
      for (let cuts = 0; ; cuts++) {
        try {
          const state = cuts === 0 ? { received: 0 } : await queryUpload(url, upload, signal);
          if ('name' in state) return state;
          return await sendFrom(url, upload, state.received, signal, onProgress);
        } catch (error) {
          if (!isCut(error) || cuts >= MAX_RESUMES) throw error;
        }
      }
    },

    /**
     * Deletes a file. Succeeds for a file that is gone, and for one of another project (403), which is not ours to
     * delete.
     */
    async delete(name: string, signal: AbortSignal): Promise<void> {
      try {
        await sdk.client.files.delete({ name, config: callOptions(signal, CALL_DEADLINE_MS) });
      } catch (error) {
        const known = sdk.toError(error, 'file', signal);
        if (!(known instanceof HummingbatchError && ['file-gone', 'permission-denied'].includes(known.code)))
          throw known;
      }
    },

    /** Reads a file's state with one GET. @throws `file-gone`, and errors of the network and the key */
    async get(name: string, signal: AbortSignal): Promise<RemoteFile> {
      const { body } = await http.send({
        method: 'GET',
        path: `/${API}/${name}`,
        deadlineMs: CALL_DEADLINE_MS,
        signal,
        subject: 'file',
      });
      return readFile(body);
    },
  };
}

function isCut(error: unknown): boolean {
  return error instanceof HummingbatchError && (error.code === 'unreachable' || error.code === 'unavailable');
}

function readSize(header: string | null, max: number): number {
  if (header !== null && /^\d{1,15}$/.test(header) && Number(header) <= max) return Number(header);
  throw new HummingbatchError(
    'invalid-response',
    'Gemini did not report how many bytes of an upload arrived.',
  );
}

/** Reads a file from an answer: an upload's answer holds it under `file`, a GET's answer is the file. */
function readFile(body: string): RemoteFile {
  try {
    const value = JSON.parse(body) as { file?: unknown };
    const { expirationTime, ...file } = RemoteFileShape.parse(value.file ?? value);
    const { name, uri, mimeType, state } = file;
    return { name, uri, mimeType, state, expiresAt: readTime(expirationTime) ?? Date.now() + LIFETIME_MS };
  } catch (cause) {
    throw new HummingbatchError('invalid-response', 'Gemini answered with JSON that is not a file.', {
      cause,
    });
  }
}
