import { z } from 'zod';
import { HummingbatchError } from '../contract/errors.ts';
import { isJobName } from '../contract/job-name.ts';
import { clip } from '../contract/text.ts';
import { JOB_STATES, type JobState } from '../contract/words.ts';
import { readTime } from './time.ts';

/**
 * A batch job as one GET returns it. Not read through the SDK, which drops `error`, the counts and `done`
 * (@google/genai 2.32.0).
 */
export interface Job {
  /** `batches/…` */
  name: string;
  displayName: string;
  state: JobState;
  /** Google's spelling of the state, for `UNKNOWN`. */
  wireState: string;
  /** ms since 1970; undefined where Google's time cannot be read. */
  createTime?: number;
  /** When Google answered, by its own clock, ms since 1970; undefined where the answer does not say. */
  answeredAt?: number;
  pending: number;
  successful: number;
  failed: number;
  /** The result file, `files/…`, once there is one. */
  resultFile?: string;
  error?: { code: number; message: string };
}

// int64 comes as a string, zero is left out, and an unreadable counter is no reason to stop polling.
const Counter = z.coerce.number().int().nonnegative().catch(0);
const Text = z.string().catch('').default('');
const Output = z.looseObject({ responsesFile: z.string().optional() }).optional().catch(undefined);

const Operation = z.looseObject({
  name: z.string().refine(isJobName),
  done: z.boolean().catch(false).default(false),
  metadata: z
    .looseObject({
      displayName: Text,
      state: Text,
      createTime: z.string().optional().catch(undefined),
      output: Output,
      batchStats: z
        .looseObject({
          pendingRequestCount: Counter,
          successfulRequestCount: Counter,
          failedRequestCount: Counter,
        })
        .optional()
        .catch(undefined),
    })
    .optional(),
  response: Output,
  error: z
    .looseObject({ code: z.number().catch(2).default(2), message: Text })
    .optional()
    .catch(undefined),
});

/** Reads a job from Google's JSON. @throws `invalid-response` for anything else */
export function readOperation(value: unknown): Job {
  const parsed = Operation.safeParse(value);
  if (!parsed.success)
    throw new HummingbatchError('invalid-response', 'Gemini answered with JSON that is not a batch job.');
  const { name, metadata, response, error, done } = parsed.data;
  const resultFile = metadata?.output?.responsesFile ?? response?.responsesFile;
  const createTime = readTime(metadata?.createTime);
  const state = parseState(metadata?.state ?? '');
  return {
    name,
    displayName: metadata?.displayName ?? '',
    // An unknown state is no end, unless the operation is `done`.
    state: done && !isEnd(state) ? (error ? 'FAILED' : 'SUCCEEDED') : state,
    wireState: metadata?.state ?? '',
    pending: metadata?.batchStats?.pendingRequestCount ?? 0,
    successful: metadata?.batchStats?.successfulRequestCount ?? 0,
    failed: metadata?.batchStats?.failedRequestCount ?? 0,
    ...(createTime !== undefined && { createTime }),
    ...(resultFile && /^files\/[\w-]{1,100}$/.test(resultFile) && { resultFile }),
    ...(error && { error: { code: error.code, message: clip(error.message, 500) } }),
  };
}

/** Whether a job in this state has ended. */
export function isEnd(state: JobState): boolean {
  return !['PENDING', 'RUNNING', 'UNKNOWN'].includes(state);
}

/** Reads a state in both spellings: `BATCH_STATE_…` from the API, `JOB_STATE_…` from the SDK. */
export function parseState(wireState: string): JobState {
  const bare = wireState.replace(/^(BATCH|JOB)_STATE_/, '');
  if (bare === 'UNSPECIFIED') return 'PENDING';
  return JOB_STATES.find((state) => state === bare) ?? 'UNKNOWN';
}
