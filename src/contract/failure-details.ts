import type { Action } from './actions.ts';

/** The first of a Temporal failure's details, where hummingbatch made the failure. */
export interface FailureDetails {
  /** See `HummingbatchError`. */
  fix?: string;
  /** See `HummingbatchError`. */
  actions?: readonly Action[];
  /** The failure's message without what is only for readers of Temporal. */
  message?: string;
}

/** What details of a failure say, as far as they are ours. */
export function readFailureDetails(details: readonly unknown[] | null | undefined): FailureDetails {
  const { fix, actions, message } = (details?.[0] ?? {}) as Record<string, unknown>;
  return {
    ...(typeof fix === 'string' && { fix }),
    ...(Array.isArray(actions) && { actions: actions as Action[] }),
    ...(typeof message === 'string' && { message }),
  };
}
