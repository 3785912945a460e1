import { z } from 'zod';
import { HummingbatchError } from '../contract/errors.ts';
import type { Http } from './http.ts';
import { pieces } from './pieces.ts';
import { limits, type Sdk } from './sdk.ts';
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

/** What is to be uploaded; `chunks` can be asked for from any offset, again and again. */
export interface Upload {
  displayName: string;
  mimeType: string;
  bytes: number;
  chunks(offset: number): AsyncIterable<Uint8Array>;
}

const API = 'v1beta';
const CALL_DEADLINE_MS = 15_000;
/** What one POST carries: a multiple of 256 kB, as the protocol asks for. */
const PIECE = 8 << 20;
// 8 MB in two minutes is 70 kB/s: slower than that is broken.
const PIECE_DEADLINE_MS = 120_000;
/** Cuts that one upload survives by asking how much has arrived; beyond that the activity's own retries decide. */
const RESUMES = 5;
const LIFETIME_MS = 48 * 3_600_000;

const RemoteFileShape = z.looseObject({
  name: z.string().regex(/^files\/[\w-]{1,100}$/),
  uri: z.url(),
  mimeType: z.string(),
  state: z.enum(['PROCESSING', 'ACTIVE', 'FAILED']).catch('PROCESSING').default('ACTIVE'),
  expirationTime: z.string().optional().catch(undefined),
});

/** Own code for the upload: the SDK's cannot resume and loses its headers where a deadline is set. */
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
      throw new HummingbatchError('invalid-response', 'Gemini began an upload without saying where to.');
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

  /** Sends everything from an offset on; the answer to the last piece is the file. */
  async function sendFrom(
    url: string,
    upload: Upload,
    offset: number,
    signal: AbortSignal,
    sent: (bytes: number) => void,
  ): Promise<RemoteFile> {
    let at = offset;
    for await (const piece of pieces(upload.chunks(offset), PIECE, upload.bytes - offset)) {
      const last = at + piece.byteLength === upload.bytes;
      const { body } = await post(
        url,
        last ? 'upload, finalize' : 'upload',
        { 'x-goog-upload-offset': String(at) },
        piece,
        signal,
      );
      at += piece.byteLength;
      sent(at);
      if (last) return readFile(body);
    }
    throw new HummingbatchError('internal', `An upload of ${upload.bytes} bytes ended after ${at}.`);
  }

  /** Where a broken upload stands: the bytes that arrived, or the file when all had. */
  async function query(
    url: string,
    upload: Upload,
    signal: AbortSignal,
  ): Promise<{ received: number } | RemoteFile> {
    const { headers, body } = await post(url, 'query', {}, undefined, signal);
    if (headers.get('x-goog-upload-status') === 'final') return readFile(body);
    return { received: readSize(headers.get('x-goog-upload-size-received'), upload.bytes) };
  }

  return {
    /** Uploads, going on where a cut left off. `sent` hears of every piece that arrived, in bytes. */
    async upload(upload: Upload, signal: AbortSignal, sent: (bytes: number) => void): Promise<RemoteFile> {
      const url = await start(upload, signal);
      for (let cuts = 0; ; cuts++) {
        try {
          const standing = cuts === 0 ? { received: 0 } : await query(url, upload, signal);
          if ('name' in standing) return standing;
          return await sendFrom(url, upload, standing.received, signal, sent);
        } catch (error) {
          if (!isCut(error) || cuts >= RESUMES) throw error;
        }
      }
    },

    /** One that is gone already is fine; another project's (403) is none of ours to delete. */
    async delete(name: string, signal: AbortSignal): Promise<void> {
      try {
        await sdk.client.files.delete({ name, config: limits(signal, CALL_DEADLINE_MS) });
      } catch (error) {
        const known = sdk.toError(error, 'file', signal);
        if (!(known instanceof HummingbatchError && ['file-gone', 'permission-denied'].includes(known.code)))
          throw known;
      }
    },

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

function readSize(header: string | null, most: number): number {
  if (header !== null && /^\d{1,15}$/.test(header) && Number(header) <= most) return Number(header);
  throw new HummingbatchError('invalid-response', 'Gemini did not say how much of an upload arrived.');
}

/** The answer to an upload holds the file under `file`, the answer to a GET is the file. */
function readFile(body: string): RemoteFile {
  try {
    const value = JSON.parse(body) as { file?: unknown };
    const { expirationTime, ...file } = RemoteFileShape.parse(value.file ?? value);
    const { name, uri, mimeType, state } = file;
    return { name, uri, mimeType, state, expiresAt: readTime(expirationTime) ?? Date.now() + LIFETIME_MS };
  } catch (cause) {
    throw new HummingbatchError('invalid-response', 'Gemini answered with something that is no file.', {
      cause,
    });
  }
}
