import type { BatchState, ErrorCode } from '../contract/index.ts';

/** The exit codes of all commands. */
export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  withFailures: 3,
  stopped: 4,
  cancelled: 5,
  /** By a signal; the batch continues. */
  interrupted: 130,
} as const;
/** See {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a command by the state of its batch. An open batch is not a failure of the command. */
export const EXIT_OF_STATE: Record<BatchState, ExitCode> = {
  PREPARING: EXIT.done,
  AWAITING_APPROVAL: EXIT.stopped,
  STAGING: EXIT.done,
  SUBMITTING: EXIT.done,
  WAITING: EXIT.done,
  COLLECTING: EXIT.done,
  REPORTING: EXIT.done,
  CANCELLING: EXIT.done,
  NEEDS_ATTENTION: EXIT.stopped,
  COMPLETED: EXIT.done,
  COMPLETED_WITH_FAILURES: EXIT.withFailures,
  CANCELLED: EXIT.cancelled,
  FAILED: EXIT.error,
};

const EXIT_OF_ERROR: Partial<Record<ErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  'manifest-invalid': EXIT.usage,
  aborted: EXIT.interrupted,
};

/** The exit code of a command that failed. */
export function exitOfError(code: ErrorCode): ExitCode {
  return EXIT_OF_ERROR[code] ?? EXIT.error;
}
