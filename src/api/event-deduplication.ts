/** What a sender repeats it repeats within a day: Google tries for 24 h. */
const KEPT_MS = 24 * 3_600_000;
/** About 1 MB with ids of 200 characters. Beyond it the oldest are forgotten, and one that then comes again costs a check. */
const MAX_IDS = 5_000;

/** Does once what each id stands for. */
export interface Deduplication {
  /**
   * Does the work of an id that is new. One that comes again while it is under way waits for how it ends.
   *
   * @returns undefined where it was done before
   * @throws what the work throws; the id is then as good as new, so that the sender's next try counts
   */
  once<Result>(id: string, work: () => Promise<Result>): Promise<Result | undefined>;
}

export function createDeduplication(now: () => number): Deduplication {
  /** The oldest first. */
  const seen = new Map<string, { at: number; done: Promise<unknown> }>();

  function forgetOld(): void {
    for (const [id, { at }] of seen) {
      if (seen.size <= MAX_IDS && now() - at <= KEPT_MS) return;
      seen.delete(id);
    }
  }

  return {
    async once(id, work) {
      forgetOld();
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
