import { type MessagePort, parentPort } from 'node:worker_threads';
import type { FindMissing, Resolved } from './resolve.ts';
import { readSent, type SentManifest, type SentReference } from './sent.ts';

/*
 * The code of a thread that reads manifests, one after another. An error ends the thread.
 */

/** What the thread is asked to read. */
export type SentToThread = Omit<SentManifest, 'findMissing'>;

export type ToThread =
  | { kind: 'read'; sent: SentToThread }
  /** Answers `find-missing`. */
  | { kind: 'missing'; sha256s: ReadonlySet<string> };

export type FromThread =
  /** Only the process that started the thread has the store. */
  { kind: 'find-missing'; sha256s: readonly string[] } | { kind: 'read'; result: Resolved<SentReference> };

function serve(port: MessagePort): void {
  const post = (message: FromThread) => port.postMessage(message);
  let answer: (missing: ReadonlySet<string>) => void;

  const findMissing: FindMissing = (sha256s) =>
    new Promise((resolve) => {
      answer = resolve;
      post({ kind: 'find-missing', sha256s });
    });

  async function read(sent: SentToThread): Promise<void> {
    post({ kind: 'read', result: await readSent({ ...sent, findMissing }) });
  }

  port.on('message', (message: ToThread) => {
    if (message.kind === 'missing') answer(message.sha256s);
    else void read(message.sent);
  });
}

if (parentPort) serve(parentPort);
