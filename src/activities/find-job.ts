import { HummingbatchError } from '../contract/index.ts';
import type { Gemini, Job, ListedJob } from '../gemini/index.ts';
import { readBatchIdentity } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import { indexJobs } from './job-index.ts';
import { restorePermits } from './known.ts';
import { answerPermit, namePrefix, overBy, type PermitRecord, readPermits } from './permits.ts';
import { readReserves } from './reserves.ts';
import { releaseUnanswered, settlePermits } from './settle-permits.ts';
import type { StepContext } from './step.ts';
import type { FindJobInput, FoundJob, RoundInput, Search, SearchInput } from './types.ts';

/**
 * Finds the job of a round, where there is one.
 *
 * @throws `store-corrupt` where the identity is missing, and errors of Google and the store
 */
export async function findJob(
  deps: ActivityDeps,
  input: FindJobInput,
  { signal }: StepContext,
): Promise<Search> {
  const { nonce } = await readBatchIdentity(deps.store, input.batchId);
  const prefix = namePrefix(input.batchId, nonce, input.round);
  const { named, batchId, restores } = input;
  if (restores) await restorePermits(deps.store, input, restores, deps.now);
  let isAdopted = false;
  if (named === 'none') await releaseUnanswered(deps.store, batchId, deps.now());
  else if (named) isAdopted = await adoptNamedJob(deps, { ...input, named }, prefix, signal);
  const search = await searchRound(deps, input, prefix, signal);
  const reserves = await readReserves(deps.store, batchId);
  return { ...search, reserves, ...(isAdopted && { adopted: true }) };
}

/** Finds further jobs of a round beside a known one: those that run or have a result. */
export async function findOtherJobs(
  deps: ActivityDeps,
  { job, ...input }: SearchInput & { job: string },
  signal: AbortSignal,
): Promise<FoundJob[]> {
  const { nonce } = await readBatchIdentity(deps.store, input.batchId);
  const prefix = namePrefix(input.batchId, nonce, input.round);
  const { found, extras } = await searchRound(deps, input, prefix, signal);
  return [...(found ? [found] : []), ...extras].filter((other) => other.job !== job);
}

/**
 * Searches for the jobs of a round, by the nonce in their names and by the answers to its permits. Without a permit
 * nothing can have been sent from this store, so one pass over LIST is enough. With a permit a job counts as absent
 * only after two complete passes, because pages shift while jobs come and go.
 */
async function searchRound(
  deps: ActivityDeps,
  { batchId, round, pauseMs }: SearchInput,
  prefix: string,
  signal: AbortSignal,
): Promise<Omit<Search, 'reserves'>> {
  const { store, gemini, pause } = deps;
  const permits = await readPermits(store, batchId, round);
  const known = await listRoundJobs(gemini, prefix, signal);
  if (permits.length > 0) {
    await pause(pauseMs, signal);
    for (const [name, job] of await listRoundJobs(gemini, prefix, signal)) known.set(name, job);
  }
  for (const { submission, answer, noResult } of permits) {
    // One that is known to have ended without a result is not missed.
    if (answer && 'job' in answer && !noResult && !known.has(answer.job))
      known.set(answer.job, { job: answer.job, submission });
  }

  const jobs = [...known.values()];
  const { usable, ended, gone } = await sortJobs(gemini, jobs, signal);
  await settlePermits(store, { batchId, round, permits, jobs, ended });
  await indexJobs(
    deps,
    batchId,
    usable.map(({ job }) => job),
  );
  const [found, ...extras] = usable.sort((a, b) => a.submission - b.submission);
  const unanswered = findUnanswered(permits, jobs);
  const next = Math.max(0, ...[...permits, ...jobs].map(({ submission }) => submission)) + 1;
  return {
    ...(found && { found }),
    extras,
    ...(gone.length > 0 && { gone }),
    ...(unanswered && { unanswered }),
    next,
  };
}

/**
 * Records the job that an operator named as the answer to its permit, where its display name is one of this round; LIST need not
 * show it. A job of another store is never adopted, because hummingbatch cancels the jobs it owns.
 */
async function adoptNamedJob(
  { store, gemini }: ActivityDeps,
  { batchId, round, named }: RoundInput & { named: string },
  prefix: string,
  signal: AbortSignal,
): Promise<boolean> {
  const job = await undefinedIfGone(gemini.jobs.get(named, signal));
  const submission = job && parseSubmission(job, prefix);
  if (submission === undefined) return false;
  await answerPermit(store, batchId, round, submission, { job: named });
  return true;
}

/** One complete pass over LIST: the jobs whose display name begins with the prefix, by job name. */
async function listRoundJobs(
  gemini: Gemini,
  prefix: string,
  signal: AbortSignal,
): Promise<Map<string, FoundJob>> {
  const known = new Map<string, FoundJob>();
  for await (const job of gemini.jobs.list(signal)) {
    const submission = parseSubmission(job, prefix);
    if (submission !== undefined) known.set(job.name, { job: job.name, submission });
  }
  return known;
}

function parseSubmission({ displayName }: ListedJob, prefix: string): number | undefined {
  if (!displayName.startsWith(prefix)) return undefined;
  const digits = /^\d{1,6}$/.exec(displayName.slice(prefix.length))?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The jobs that run or have a result, those that ended without one, and those that Google does not know any more, by one GET each: LIST
 * does not show enough to decide.
 */
async function sortJobs(gemini: Gemini, jobs: FoundJob[], signal: AbortSignal) {
  const usable: FoundJob[] = [];
  const ended: FoundJob[] = [];
  const gone: string[] = [];
  for (const found of jobs) {
    const job = await undefinedIfGone(gemini.jobs.get(found.job, signal));
    if (!job) gone.push(found.job);
    else if (isUsable(job)) usable.push(found);
    else if (job.successful === 0) ended.push(found);
  }
  return { usable, ended, gone };
}

function isUsable({ state, resultFile }: Job): boolean {
  return resultFile !== undefined || ['PENDING', 'RUNNING', 'UNKNOWN', 'SUCCEEDED'].includes(state);
}

async function undefinedIfGone(request: Promise<Job>): Promise<Job | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof HummingbatchError && error.code === 'job-gone') return undefined;
    throw error;
  }
}

/** The last permit, where it has no answer and no job, and how many before it are like it. */
function findUnanswered(permits: PermitRecord[], known: FoundJob[]): Search['unanswered'] {
  const isOpen = ({ submission, answer, noJob }: PermitRecord) =>
    !answer && !noJob && !known.some((job) => job.submission === submission);
  const last = permits.at(-1);
  if (!last || !isOpen(last)) return undefined;
  const inARow = permits.length - 1 - permits.findLastIndex((permit) => !isOpen(permit));
  return { submission: last.submission, inARow, overBy: overBy(last) };
}
