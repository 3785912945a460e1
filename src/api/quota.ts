import { HummingbatchError } from '../contract/errors.ts';

/** How much of something all callers may have at once, and how much one of them. */
export interface QuotaSpec {
  total: number;
  perCaller: number;
  /** The beginning of a refusal: "The open requests". */
  what: string;
  /** When a refused caller may try again, ms. */
  retryAfterMs: number;
}

/** What one request has of a quota. */
export interface Lease {
  /** @throws `rate-limited` where the caller has its share, `busy` where all callers together have everything */
  add: (amount: number) => void;
  /** Gives everything back. Calling it again does nothing. */
  release: () => void;
}

export interface Quota {
  /** A lease without anything yet. */
  open(caller: string): Lease;
}

export function createQuota({ total, perCaller, what, retryAfterMs }: QuotaSpec): Quota {
  let used = 0;
  const usedBy = new Map<string, number>();

  const change = (caller: string, amount: number): void => {
    used += amount;
    const left = (usedBy.get(caller) ?? 0) + amount;
    if (left === 0) usedBy.delete(caller);
    else usedBy.set(caller, left);
  };

  const refuse = (code: 'rate-limited' | 'busy', whose: string): HummingbatchError =>
    new HummingbatchError(code, `${what} of ${whose} have reached their limit.`, {
      fix: `Send the request again in ${retryAfterMs / 1000} s, and fewer at the same time.`,
      retryAfterMs,
    });

  return {
    open(caller) {
      let held = 0;
      return {
        add(amount) {
          if ((usedBy.get(caller) ?? 0) + amount > perCaller) throw refuse('rate-limited', 'this caller');
          if (used + amount > total) throw refuse('busy', 'all callers');
          change(caller, amount);
          held += amount;
        },
        release() {
          change(caller, -held);
          held = 0;
        },
      };
    },
  };
}
