import { HummingbatchError } from '../../contract/index.ts';
import type { RemoteFile } from '../../gemini/index.ts';
import type { ActivityDeps } from '../deps.ts';

/** A file at Google, as the store remembers it. */
export interface StagedFile {
  name: string;
  uri: string;
  mimeType: string;
  /** ms since 1970. */
  expiresAt: number;
  /** Of its content, hex. */
  sha256: string;
  bytes: number;
}

// Google deletes files after 48 h. Whether a row needs its references until it runs is not documented, so each has at
// least half of that left when its job is made.
const FRESH_FOR_MS = 24 * 3_600_000;
const PROCESSING_POLL_MS = 1_000;
/** Images and text take seconds. */
const PROCESSED_WITHIN_MS = 10 * 60_000;

/** Whether a job that is made now can count on the file. */
export function isFresh({ expiresAt }: StagedFile, now: number): boolean {
  return expiresAt - now >= FRESH_FOR_MS;
}

/** Google looks at an upload before it can be used. */
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
        `Google has not finished with the uploaded file ${file.name}.`,
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
export async function* bytesFrom(
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
