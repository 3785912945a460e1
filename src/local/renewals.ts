import { stat, utimes } from 'node:fs/promises';

/** The holder of a file writes its time this often, so that it can be seen from elsewhere that it lives. */
const RENEW_INTERVAL_MS = 5 * 1000;
/** Six renewals. Nothing keeps the event loop of a user for so long; a process that is frozen for longer counts as dead. */
const SILENT_AFTER_MS = 30 * 1000;

/** Renews a file until the answer is called. It keeps no process alive. */
export function keepRenewed(file: string): () => void {
  const timer = setInterval(() => {
    const now = new Date();
    // A file that is gone is held by nobody.
    utimes(file, now, now).catch(() => undefined);
  }, RENEW_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** What watching a file has shown: that its holder lives, that it has been silent for 30 s, or nothing yet. */
export type Sign = 'alive' | 'silent' | 'none';

/**
 * Watches files of holders elsewhere; call the answer again and again. Only changes count: clocks of two machines differ,
 * and after a sleep of the machine all files are old. So nothing is silent before it was watched for 30 s.
 *
 * @throws where a file is gone
 */
export function watchForRenewals(): (file: string) => Promise<Sign> {
  const last = new Map<string, { mtimeMs: number; at: number }>();
  return async (file) => {
    const { mtimeMs } = await stat(file);
    const seen = last.get(file);
    if (seen?.mtimeMs === mtimeMs) return performance.now() - seen.at > SILENT_AFTER_MS ? 'silent' : 'none';
    last.set(file, { mtimeMs, at: performance.now() });
    return seen ? 'alive' : 'none';
  };
}
