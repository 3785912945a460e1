import { HummingbatchError } from '../contract/errors.ts';
import { isJobName } from '../contract/job-name.ts';
import type { Http } from './http.ts';
import { type Job, parseState, readOperation } from './operation.ts';
import { callOptions, type Sdk } from './sdk.ts';
import { readHttpDate, readTime } from './time.ts';

/**
 * The outcome of a POST that creates a job.
 *
 * - `created`: the job exists; this is its name.
 * - `refused`: no job was created: Google refused, or nothing left this machine.
 * - `unknown`: a job may exist. Do not send the POST again before searching for it.
 */
export type Creation =
  | { kind: 'created'; job: string }
  | { kind: 'refused'; error: HummingbatchError }
  | { kind: 'unknown'; error: HummingbatchError };

/** The fields of a job that LIST shows. */
export type ListedJob = Pick<Job, 'name' | 'displayName' | 'state' | 'resultFile' | 'createTime'>;

/**
 * The deadline of the POST, ms. Shorter than the start-to-close timeout of `createJob`, so that the attempt always
 * returns the outcome.
 */
const CREATE_DEADLINE_MS = 20_000;
const CALL_DEADLINE_MS = 15_000;
/** For all pages of one pass over LIST. */
const LIST_DEADLINE_MS = 60_000;
const API = 'v1beta';

/** Creates, reads, lists and cancels batch jobs. */
export function createJobs(http: Http, sdk: Sdk) {
  return {
    /**
     * Sends one POST that creates a job from an uploaded request file. Never throws. Own code, because the SDK's error
     * has no headers and so loses Retry-After.
     *
     * @param maySend called right before the first byte is sent
     */
    async create(
      model: string,
      displayName: string,
      fileName: string,
      maySend: () => boolean,
      signal: AbortSignal,
    ): Promise<Creation> {
      let sent = false;
      try {
        const { body } = await http.send({
          method: 'POST',
          path: `/${API}/models/${model}:batchGenerateContent`,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ batch: { displayName, inputConfig: { fileName } } }),
          deadlineMs: CREATE_DEADLINE_MS,
          signal,
          subject: 'create',
          maySend: () => (sent = maySend()),
        });
        return { kind: 'created', job: readOperation(parse(body)).name };
      } catch (error) {
        return toFailedCreation(error, sent);
      }
    },

    /** Reads a job with one GET. @throws `job-gone`, `invalid-response`, and errors of the network and the key */
    async get(name: string, signal: AbortSignal): Promise<Job> {
      const { headers, body } = await http.send({
        method: 'GET',
        path: `/${API}/${name}`,
        deadlineMs: CALL_DEADLINE_MS,
        signal,
        subject: 'job',
      });
      const { error, ...job } = readOperation(parse(body));
      const answeredAt = readHttpDate(headers.get('date') ?? '');
      // Only the error of a job can quote the key; the other fields are names and numbers.
      return {
        ...job,
        ...(answeredAt !== undefined && { answeredAt }),
        ...(error && { error: { ...error, message: http.redactKey(error.message) } }),
      };
    },

    /** Lists all jobs of the project, page by page. Pages shift while jobs come and go, so one pass can miss a job. */
    async *list(signal: AbortSignal): AsyncGenerator<ListedJob> {
      try {
        for await (const job of sdk.listJobs(signal, LIST_DEADLINE_MS)) {
          if (job.name && isJobName(job.name)) yield toListedJob(job.name, job);
        }
      } catch (error) {
        throw sdk.toError(error, 'job', signal);
      }
    },

    /** The time by Google's clock, ms since 1970, in whole seconds. Undefined where its answer does not say it. */
    async readTime(signal: AbortSignal): Promise<number | undefined> {
      const { headers } = await http.send({
        method: 'GET',
        path: `/${API}/batches?pageSize=1`,
        deadlineMs: CALL_DEADLINE_MS,
        signal,
        subject: 'job',
      });
      return readHttpDate(headers.get('date') ?? '');
    },

    /** Cancels a job. Succeeds for a job that is gone or has ended; a GET shows its state afterwards. */
    async cancel(name: string, signal: AbortSignal): Promise<void> {
      try {
        await sdk.client.batches.cancel({ name, config: callOptions(signal, CALL_DEADLINE_MS) });
      } catch (error) {
        const known = sdk.toError(error, 'job', signal);
        const settled =
          known instanceof HummingbatchError &&
          ['job-gone', 'request-rejected', 'billing-required'].includes(known.code);
        if (!settled) throw known;
      }
    },
  };
}

interface SdkJob {
  displayName?: string;
  state?: string;
  createTime?: string;
  dest?: { fileName?: string };
}

function toListedJob(name: string, job: SdkJob): ListedJob {
  const createTime = readTime(job.createTime);
  return {
    name,
    displayName: job.displayName ?? '',
    state: parseState(job.state ?? ''),
    ...(job.dest?.fileName && { resultFile: job.dest.fileName }),
    ...(createTime !== undefined && { createTime }),
  };
}

/**
 * Decides whether a failed POST may have created a job. A 4xx created none, except 408: a gateway gave up waiting, and
 * the job may still be created.
 */
function toFailedCreation(error: unknown, sent: boolean): Creation {
  const known =
    error instanceof HummingbatchError
      ? error
      : new HummingbatchError(
          'unreachable',
          'The POST that creates the job was interrupted before Google answered.',
          { cause: error },
        );
  const unclear: readonly string[] = ['unavailable', 'unreachable', 'invalid-response'];
  return { kind: sent && unclear.includes(known.code) ? 'unknown' : 'refused', error: known };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new HummingbatchError('invalid-response', 'Gemini answered with a body that is not JSON.', {
      cause,
    });
  }
}
