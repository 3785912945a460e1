/** How long an id is remembered, ms. Google repeats an event for at most 24 h. */
const MAX_AGE_MS = 24 * 3_600_000;
/** About 1 MB with ids of 200 characters. Beyond it the oldest are forgotten; a repeated one then costs a check at Google. */
const MAX_IDS = 5_000;

/** Handles each event id once. */
export interface Deduplication {
  /**
   * Runs the work of a new id. The same id, sent again while the work runs, waits for it to end.
   *
   * @returns undefined if it was done before
   * @throws what the work throws; the id is then forgotten, so that the sender's next try runs it again
   */
  once<Result>(id: string, work: () => Promise<Result>): Promise<Result | undefined>;
}

export function createDeduplication(now: () => number): Deduplication {
  /** Oldest first. */
  const seen = new Map<string, { at: number; done: Promise<unknown> }>();

  function forgetExpired(): void {
    for (const [id, { at }] of seen) {
      if (seen.size <= MAX_IDS && now() - at <= MAX_AGE_MS) return;
      seen.delete(id);
    }
  }

  return {
    async once(id, work) {
      forgetExpired();
      const earlier = seen.get(id);
      if (earlier) {
        await earlier.done;
        return undefined;
      }
      const done = work();
      seen.set(id, { at: now(), done });
      try {
        return await done;
      } catch (error) {
        seen.delete(id);
        throw error;
      }
    },
  };
}
