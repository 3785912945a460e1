import { HummingbatchError } from '../contract/errors.ts';
import { isJobName } from '../contract/job-name.ts';
import type { Http } from './http.ts';
import { type Job, parseState, readOperation } from './operation.ts';
import { limits, type Sdk } from './sdk.ts';
import { readTime } from './time.ts';

/**
 * What came of a POST that creates a job.
 *
 * - `created`: there is one, and this is its name.
 * - `refused`: it is certain that none was made: Google said no, or nothing left this machine.
 * - `unknown`: nobody can say. It must not be sent again before somebody has looked.
 */
export type Creation =
  | { kind: 'created'; job: string }
  | { kind: 'refused'; error: HummingbatchError }
  | { kind: 'unknown'; error: HummingbatchError };

/** What a LIST shows of a job. */
export type ListedJob = Pick<Job, 'name' | 'displayName' | 'state' | 'resultFile' | 'createTime'>;

/** How long the POST may take, ms. Below createJob's startToClose, so that the attempt always tells what came of it. */
const CREATE_DEADLINE_MS = 20_000;
const CALL_DEADLINE_MS = 15_000;
/** For all pages of one pass. */
const LIST_DEADLINE_MS = 60_000;
const API = 'v1beta';

export function createJobs(http: Http, sdk: Sdk) {
  return {
    /**
     * POSTs once. Own code, because the SDK's error has no headers and so loses Retry-After. Never throws.
     *
     * @param maySend asked in the moment before the first byte leaves
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
        return notCreated(error, sent);
      }
    },

    /** One raw GET. */
    async get(name: string, signal: AbortSignal): Promise<Job> {
      const { body } = await http.send({
        method: 'GET',
        path: `/${API}/${name}`,
        deadlineMs: CALL_DEADLINE_MS,
        signal,
        subject: 'job',
      });
      const { error, ...job } = readOperation(parse(body));
      // The error of a job may quote the key as a refusal does; the rest is names and numbers.
      return { ...job, ...(error && { error: { ...error, message: http.redactKey(error.message) } }) };
    },

    /** All jobs of the project, page by page. Pages shift while jobs come and go, so one pass can miss one. */
    async *list(signal: AbortSignal): AsyncGenerator<ListedJob> {
      try {
        for await (const job of await sdk.client.batches.list({
          config: { pageSize: 100, ...limits(signal, LIST_DEADLINE_MS) },
        })) {
          if (job.name && isJobName(job.name)) yield listed(job.name, job);
        }
      } catch (error) {
        throw sdk.toError(error, 'job', signal);
      }
    },

    /** Asks for the end of a job. One that is gone or already at its end is a success: its state is read afterwards. */
    async cancel(name: string, signal: AbortSignal): Promise<void> {
      try {
        await sdk.client.batches.cancel({ name, config: limits(signal, CALL_DEADLINE_MS) });
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

function listed(name: string, job: SdkJob): ListedJob {
  const createTime = readTime(job.createTime);
  return {
    name,
    displayName: job.displayName ?? '',
    state: parseState(job.state ?? ''),
    ...(job.dest?.fileName && { resultFile: job.dest.fileName }),
    ...(createTime !== undefined && { createTime }),
  };
}

/** A 4xx says that nothing was made, all but 408 (a gateway gave up waiting, and the job may still come into being). */
function notCreated(error: unknown, sent: boolean): Creation {
  const known =
    error instanceof HummingbatchError
      ? error
      : new HummingbatchError(
          'unreachable',
          'The creation of the job was interrupted before Google answered.',
          { cause: error },
        );
  const open: readonly string[] = ['unavailable', 'unreachable', 'invalid-response'];
  return { kind: sent && open.includes(known.code) ? 'unknown' : 'refused', error: known };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new HummingbatchError('invalid-response', 'Gemini answered with something that is no JSON.', {
      cause,
    });
  }
}
