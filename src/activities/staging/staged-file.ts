import { HummingbatchError } from '../../contract/index.ts';
import type { RemoteFile } from '../../gemini/index.ts';
import type { ActivityDeps } from '../deps.ts';

/** An uploaded file at Google, as the store keeps it. */
export interface StagedFile {
  name: string;
  uri: string;
  mimeType: string;
  /** ms since 1970. */
  expiresAt: number;
  /** SHA-256 of its content, hex. */
  sha256: string;
  bytes: number;
}

// Google deletes files after 48 h. Google does not document whether a row needs its references until it runs, so each
// file has at least half of the 48 h left when the job is created.
const FRESH_FOR_MS = 24 * 3_600_000;
const PROCESSING_POLL_MS = 1_000;
/** Google processes images and text in seconds. */
const PROCESSED_WITHIN_MS = 10 * 60_000;

/** Whether a job that is created now can rely on the file. */
export function isFresh({ expiresAt }: StagedFile, now: number): boolean {
  return expiresAt - now >= FRESH_FOR_MS;
}

/**
 * Waits until Google has processed an upload.
 *
 * @throws `unavailable` where that takes more than 10 min, `file-rejected` where Google cannot process the file
 */
export async function waitUntilActive(
  { gemini, now, pause }: ActivityDeps,
  uploaded: RemoteFile,
  signal: AbortSignal,
): Promise<Omit<StagedFile, 'sha256' | 'bytes'>> {
  const since = now();
  let file = uploaded;
  while (file.state === 'PROCESSING') {
    if (now() - since > PROCESSED_WITHIN_MS)
      throw new HummingbatchError(
        'unavailable',
        `Google has not processed the uploaded file ${file.name} within ${PROCESSED_WITHIN_MS / 60_000} minutes.`,
      );
    await pause(PROCESSING_POLL_MS, signal);
    file = await gemini.files.get(file.name, signal);
  }
  const { state, ...rest } = file;
  if (state === 'ACTIVE') return rest;
  throw new HummingbatchError(
    'file-rejected',
    `Google could not process the uploaded file ${file.name} (${file.mimeType}).`,
  );
}

/** The same stream without its first `offset` bytes. */
export async function* skipBytes(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for await (const chunk of chunks) {
    const dropped = Math.min(skip, chunk.byteLength);
    skip -= dropped;
    if (dropped < chunk.byteLength) yield chunk.subarray(dropped);
  }
}
