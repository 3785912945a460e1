import { HummingbatchError } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Creation } from '../gemini/index.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readBatchIdentity, readBatchManifest } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import { indexJobs } from './job-index.ts';
import {
  answerPermit,
  overBy,
  type PermitAnswer,
  type PermitRecord,
  POST_WITHIN_MS,
  readPermits,
  takePermit,
  toDisplayName,
} from './permits.ts';
import type { StagedFile } from './staging/staged-file.ts';
import type { StepContext } from './step.ts';
import type { CreateJobInput, Submitted } from './types.ts';

/**
 * Creates the job of one submission with the single POST that its permit allows. Once the permit is taken, every
 * outcome is returned and nothing is thrown: only a failure before the permit may be retried.
 *
 * @throws `store-corrupt` where identity, manifest or staged file are missing, and other store errors, all before the
 *   permit
 */
export async function createJob(
  deps: ActivityDeps,
  input: CreateJobInput,
  context: StepContext,
): Promise<Submitted> {
  const result = await submitOnce(deps, input, context);
  if (result.kind === 'created') await indexJobs(deps, input.batchId, [result.job]);
  return result;
}

async function submitOnce(
  deps: ActivityDeps,
  input: CreateJobInput,
  { signal }: StepContext,
): Promise<Submitted> {
  const { store, gemini, now, log } = deps;
  const { batchId, round, submission, worstUsd } = input;
  const { nonce } = await readBatchIdentity(store, batchId);
  const { model } = await readBatchManifest(store, batchId);
  const staged = await getJson<StagedFile>(store, batchPlaces(batchId).round(round).staged);
  if (!staged)
    throw new HummingbatchError(
      'store-corrupt',
      `The store has no staged request file for round ${round} of the batch ${batchId}.`,
    );

  const displayName = toDisplayName(batchId, nonce, round, submission);
  signal.throwIfAborted();
  const at = now();
  const permit = { displayName, at, ...(worstUsd !== undefined && { worstUsd }) };
  if (!(await takePermit(store, batchId, round, submission, permit))) {
    return readEarlierAttempt(await readPermits(store, batchId, round), submission);
  }
  const maySend = () => now() - at <= POST_WITHIN_MS;
  // Not the attempt's signal: a worker that stops in the middle would leave a job that no store knows of. The POST has
  // its own deadline of 20 s, less than a stopping worker waits.
  const creation = await gemini.jobs.create(
    model,
    displayName,
    staged.name,
    maySend,
    new AbortController().signal,
  );
  // The answer also goes into the history: a store that fails now must not turn a created job into an unknown one.
  await recordAnswer(deps, input, creation).catch((error) =>
    log.warn({ error: String(error) }, 'the answer to the POST could not be written to the store'),
  );
  return toSubmitted(creation, now());
}

async function recordAnswer(
  { store }: ActivityDeps,
  { batchId, round, submission }: CreateJobInput,
  creation: Creation,
): Promise<void> {
  const answer = toPermitAnswer(creation);
  if (answer) await answerPermit(store, batchId, round, submission, answer);
  if (creation.kind === 'refused' && creation.error.code === 'file-gone')
    await forgetUploads(store, batchId, round);
}

/**
 * The request file is gone before its 48 h were over. The references may be gone too (they are when another project's
 * key is used now). All of them are uploaded again, because a row without its references would cost a round.
 */
async function forgetUploads(store: Store, batchId: string, round: number): Promise<void> {
  const places = batchPlaces(batchId);
  await store.delete(places.round(round).staged);
  await store.delete(places.uploads);
}

function toPermitAnswer(creation: Creation): PermitAnswer | undefined {
  if (creation.kind === 'created') return { job: creation.job };
  if (creation.kind === 'refused') return { refused: creation.error.code, message: creation.error.message };
  return undefined;
}

function toSubmitted(creation: Creation, overBy: number): Submitted {
  if (creation.kind === 'created') return creation;
  const { code, message, retryAfterMs } = creation.error;
  if (creation.kind === 'unknown') return { kind: 'unknown', message, overBy };
  return { kind: 'refused', code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/**
 * The permit was taken by an earlier attempt. Its recorded answer holds. Without one the outcome is unknown and must
 * not be guessed.
 */
function readEarlierAttempt(permits: PermitRecord[], submission: number): Submitted {
  const permit = permits.find((candidate) => candidate.submission === submission);
  const answer = permit?.answer;
  if (answer && 'job' in answer) return { kind: 'created', job: answer.job };
  if (answer) return { kind: 'refused', code: answer.refused, message: answer.message };
  return {
    kind: 'unknown',
    message: 'An earlier attempt to submit ended without recording its outcome.',
    overBy: overBy(permit ?? { at: 0 }),
  };
}
