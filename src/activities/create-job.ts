import { HummingbatchError } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Creation } from '../gemini/index.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readBatchFiles } from './batch-files.ts';
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
 * Makes the job of one submission, with the one POST that its permit allows. Whatever happens after the permit is taken
 * is an answer and no error: only a failure from before it may be tried again.
 */
export async function createJob(
  deps: ActivityDeps,
  input: CreateJobInput,
  context: StepContext,
): Promise<Submitted> {
  const came = await submitOnce(deps, input, context);
  if (came.kind === 'created') await indexJobs(deps, input.batchId, [came.job]);
  return came;
}

async function submitOnce(
  deps: ActivityDeps,
  input: CreateJobInput,
  { signal }: StepContext,
): Promise<Submitted> {
  const { store, gemini, now, log } = deps;
  const { batchId, round, submission } = input;
  const { manifest, begun } = await readBatchFiles(store, batchId);
  const staged = await getJson<StagedFile>(store, batchPlaces(batchId).round(round).staged);
  if (!staged) throw new HummingbatchError('store-corrupt', `Round ${round} of ${batchId} is not staged.`);

  const displayName = toDisplayName(batchId, begun.nonce, round, submission);
  signal.throwIfAborted();
  const at = now();
  if (!(await takePermit(store, batchId, round, submission, { displayName, at }))) {
    return pastAttempt(await readPermits(store, batchId, round), submission);
  }
  const mayLeave = () => now() - at <= POST_WITHIN_MS;
  // Not the attempt's signal: a worker that stops in the middle would leave a job that nobody knows of. The wire's own
  // deadline of 20 s ends the call, well within what a stopping worker waits.
  const creation = await gemini.jobs.create(
    manifest.model,
    displayName,
    staged.name,
    mayLeave,
    new AbortController().signal,
  );
  // The answer also goes into the history: a store that fails now must not turn a made job into an unknown one.
  await note(deps, input, creation).catch((error) =>
    log.warn({ error: String(error) }, 'the answer could not be noted'),
  );
  return submitted(creation, now());
}

async function note(
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
 * The request file is gone before its time, and with it perhaps the references (they are where another project's key
 * has taken over): all are uploaded anew, for a row without its references would cost a round.
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

function submitted(creation: Creation, overBy: number): Submitted {
  if (creation.kind === 'created') return creation;
  const { code, message, retryAfterMs } = creation.error;
  if (creation.kind === 'unknown') return { kind: 'unknown', message, overBy };
  return { kind: 'refused', code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Somebody took this permit before: what they learned stands, and what they did not learn nobody may guess. */
function pastAttempt(permits: PermitRecord[], submission: number): Submitted {
  const permit = permits.find((candidate) => candidate.submission === submission);
  const answer = permit?.answer;
  if (answer && 'job' in answer) return { kind: 'created', job: answer.job };
  if (answer) return { kind: 'refused', code: answer.refused, message: answer.message };
  return {
    kind: 'unknown',
    message: 'An attempt to submit ended without saying what came of it.',
    overBy: overBy(permit ?? { at: 0 }),
  };
}
