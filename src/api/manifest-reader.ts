import { on } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { HummingbatchError } from '../contract/errors.ts';
import type { ManifestFormat } from '../manifest/formats/index.ts';
import type { Content } from '../manifest/read-tree.ts';
import type { Resolved } from '../manifest/resolve.ts';
import type { SentManifest, SentReference } from '../manifest/sent.ts';
import type { FromThread, ToThread } from '../manifest/thread.ts';
import { createThreadPool } from './thread-pool.ts';

/** Built, also for tests from the sources: Node 20 loads no TypeScript. */
const THREAD = new URL('../../dist/manifest/thread.js', import.meta.url);

/** Bounds of reading. */
export interface ReaderLimits {
  /** Of the heap of one thread, MiB. */
  memoryMb: number;
  /** From the moment a thread has the manifest, ms. */
  maxMs: number;
}

/** The slowest file within the limits of a manifest takes 5 s on an idle core, and 350 MB. */
const LIMITS: ReaderLimits = { memoryMb: 512, maxMs: 40_000 };
/** Two, whatever the number of cores: they bound the memory, and a large manifest does not stop the small ones. */
const THREADS = 2;
const MAX_WAITING = 200;
const MAX_WAIT_MS = 20_000;
const MAX_IDLE_MS = 30_000;

/** How long {@link ManifestReader.read} takes at most, ms. */
export const MAX_READING_MS = MAX_WAIT_MS + LIMITS.maxMs;

/** Reads manifests outside the main thread, which would answer nothing else for seconds. */
export interface ManifestReader {
  /**
   * The manifest with its references, or all its problems.
   *
   * @param signal ends the reading, or the wait for it
   * @throws `too-large` where it takes too much time or memory, `busy` where too many wait
   */
  read(sent: SentManifest, signal: AbortSignal): Promise<Resolved<SentReference>>;
  close: () => Promise<void>;
}

export function createManifestReader(limits = LIMITS): ManifestReader {
  const { memoryMb, maxMs } = limits;
  const pool = createThreadPool({
    file: THREAD,
    size: THREADS,
    maxWaiting: MAX_WAITING,
    maxWaitMs: MAX_WAIT_MS,
    maxIdleMs: MAX_IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  return {
    read: (sent, signal) =>
      pool.run(signal, async (thread) => {
        const late = new AbortController();
        const timer = setTimeout(() => late.abort(), maxMs);
        try {
          return await askThread(thread, sent, AbortSignal.any([signal, late.signal]));
        } catch (error) {
          signal.throwIfAborted();
          if (late.signal.aborted) throw tooComplex(`took more than ${maxMs / 1000} s`, error);
          if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
            throw tooComplex(`needed more than ${memoryMb} MB of memory`, error);
          throw error;
        } finally {
          clearTimeout(timer);
        }
      }),
    close: pool.close,
  };
}

async function askThread(
  thread: Worker,
  { manifest, base, files, findMissing }: SentManifest,
  signal: AbortSignal,
): Promise<Resolved<SentReference>> {
  const messages = on(thread, 'message', { signal, close: ['exit'] }) as AsyncIterable<[FromThread]>;
  const sent = { files, manifest: toMovable(manifest), ...(base && { base: toMovable(base) }) };
  const moved = [sent.manifest, ...(sent.base ? [sent.base] : [])].flatMap(({ content }) =>
    typeof content === 'string' ? [] : [content.buffer as ArrayBuffer],
  );
  post(thread, { kind: 'read', sent }, moved);
  for await (const [message] of messages) {
    if (message.kind === 'read') return message.result;
    post(thread, { kind: 'missing', sha256s: await findMissing(message.sha256s) });
  }
  throw new Error('The thread ended before it had read the manifest.');
}

function post(thread: Worker, message: ToThread, moved: ArrayBuffer[] = []): void {
  thread.postMessage(message, moved);
}

/** Bytes with a memory of their own, which can be moved to a thread. Small buffers of Node share one. */
function toMovable<Format extends ManifestFormat>(text: Content<Format>): Content<Format> {
  const { content } = text;
  const isAlone = typeof content === 'string' || content.byteLength === content.buffer.byteLength;
  return isAlone ? text : { ...text, content: new Uint8Array(content) };
}

function tooComplex(what: string, cause: unknown): HummingbatchError {
  return new HummingbatchError('too-large', `Reading the manifest ${what}.`, {
    fix: 'Split it into several batches, or write it as JSON or JSONL.',
    cause,
  });
}
