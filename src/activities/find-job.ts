import { HummingbatchError } from '../contract/index.ts';
import type { Gemini, Job, ListedJob } from '../gemini/index.ts';
import { readBatchFiles } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import { indexJobs } from './job-index.ts';
import { answerPermit, namePrefix, overBy, type PermitRecord, readPermits } from './permits.ts';
import type { StepContext } from './step.ts';
import type { FindJobInput, FoundJob, Search, SearchInput } from './types.ts';

/** Finds the job of a round, where there is one. */
export async function findJob(
  deps: ActivityDeps,
  input: FindJobInput,
  { signal }: StepContext,
): Promise<Search> {
  const { begun } = await readBatchFiles(deps.store, input.batchId);
  const prefix = namePrefix(input.batchId, begun.nonce, input.round);
  if (input.named) await claim(deps, input, prefix, signal);
  return searchRound(deps, input, prefix, signal);
}

/** Finds the living jobs of a round beside one. */
export async function findOthers(
  deps: ActivityDeps,
  { job, ...input }: SearchInput & { job: string },
  signal: AbortSignal,
): Promise<FoundJob[]> {
  const { begun } = await readBatchFiles(deps.store, input.batchId);
  const prefix = namePrefix(input.batchId, begun.nonce, input.round);
  const { found, extras } = await searchRound(deps, input, prefix, signal);
  return [...(found ? [found] : []), ...extras].filter((other) => other.job !== job);
}

/**
 * Looks for the jobs of a round, by the nonce in their names and by the answers to its permits. Without a permit nothing
 * can have been sent from this store, so one pass is enough; "not there" after a permit means two complete passes.
 */
async function searchRound(
  deps: ActivityDeps,
  { batchId, round, pauseMs }: SearchInput,
  prefix: string,
  signal: AbortSignal,
): Promise<Search> {
  const { store, gemini, pause } = deps;
  const permits = await readPermits(store, batchId, round);
  const seen = await pass(gemini, prefix, signal);
  if (permits.length > 0) {
    await pause(pauseMs, signal);
    for (const [name, job] of await pass(gemini, prefix, signal)) seen.set(name, job);
  }
  for (const { submission, answer } of permits) {
    if (answer && 'job' in answer && !seen.has(answer.job))
      seen.set(answer.job, { job: answer.job, submission });
  }

  const living = await filterLiving(gemini, [...seen.values()], signal);
  await indexJobs(
    deps,
    batchId,
    living.map(({ job }) => job),
  );
  const [found, ...extras] = living.sort((a, b) => a.submission - b.submission);
  const unanswered = unansweredPermit(permits, [...seen.values()]);
  const highest = Math.max(
    0,
    ...permits.map((permit) => permit.submission),
    ...[...seen.values()].map((job) => job.submission),
  );
  return { ...(found && { found }), extras, ...(unanswered && { unanswered }), next: highest + 1 };
}

/**
 * A job that a person names answers its permit where its name is ours: LIST need not show it. Somebody else's job is
 * never taken, for what we take we also cancel.
 */
async function claim(
  { store, gemini }: ActivityDeps,
  { batchId, round, named = '' }: FindJobInput,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const job = await orGone(gemini.jobs.get(named, signal));
  const submission = job && parseSubmission(job, prefix);
  if (submission !== undefined) await answerPermit(store, batchId, round, submission, { job: named });
}

/** One complete pass over LIST: the jobs whose name begins with the prefix, by job. */
async function pass(gemini: Gemini, prefix: string, signal: AbortSignal): Promise<Map<string, FoundJob>> {
  const seen = new Map<string, FoundJob>();
  for await (const job of gemini.jobs.list(signal)) {
    const submission = parseSubmission(job, prefix);
    if (submission !== undefined) seen.set(job.name, { job: job.name, submission });
  }
  return seen;
}

function parseSubmission({ displayName }: ListedJob, prefix: string): number | undefined {
  if (!displayName.startsWith(prefix)) return undefined;
  const digits = /^\d{1,6}$/.exec(displayName.slice(prefix.length))?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/** Those that are alive or have output, by a raw GET: LIST is too thin to tell. */
async function filterLiving(gemini: Gemini, jobs: FoundJob[], signal: AbortSignal): Promise<FoundJob[]> {
  const living: FoundJob[] = [];
  for (const found of jobs) {
    const job = await orGone(gemini.jobs.get(found.job, signal));
    if (job && isUseful(job)) living.push(found);
  }
  return living;
}

function isUseful({ state, resultFile }: Job): boolean {
  return resultFile !== undefined || ['PENDING', 'RUNNING', 'UNKNOWN', 'SUCCEEDED'].includes(state);
}

async function orGone(getting: Promise<Job>): Promise<Job | undefined> {
  try {
    return await getting;
  } catch (error) {
    if (error instanceof HummingbatchError && error.code === 'job-gone') return undefined;
    throw error;
  }
}

/** Only the last permit counts: whoever took a later one had settled those before. */
function unansweredPermit(permits: PermitRecord[], seen: FoundJob[]): Search['unanswered'] {
  const last = permits.at(-1);
  if (!last || last.answer || seen.some((job) => job.submission === last.submission)) return undefined;
  return { submission: last.submission, overBy: overBy(last) };
}
