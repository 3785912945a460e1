import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import pino from 'pino';
import { checkJob } from '../../../src/activities/check-job.ts';
import type { ActivityDeps } from '../../../src/activities/deps.ts';
import { toFailure } from '../../../src/activities/failure.ts';
import type { Activities } from '../../../src/activities/index.ts';
import type { StepContext } from '../../../src/activities/step.ts';
import type { EndedJob, FoundJob, Prepared, Reserves, RoundPlan } from '../../../src/activities/types.ts';
import {
  type BatchResult,
  type ErrorCode,
  HummingbatchError,
  isErrorCode,
  type JobState,
} from '../../../src/contract/index.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../../src/contract/search-attributes.ts';
import type { Job } from '../../../src/gemini/index.ts';

const HOUR = 3_600_000;
/** Ends that cost nothing if there are no images. */
const FREE: readonly JobState[] = ['FAILED', 'EXPIRED', 'CANCELLED'];

/**
 * The result of a POST. `lost`: Google made a job and the answer was lost; LIST shows the job after a while, or never.
 * `created twice`: Google made two jobs, and answers with one. `swallowed`: Google made no job and the answer was lost.
 */
export type Submission =
  | { kind: 'created' }
  | { kind: 'created twice' }
  | { kind: 'lost'; visibleAfterMs?: number }
  | { kind: 'swallowed' }
  | { kind: 'worker dies' }
  | { kind: 'refused'; code: ErrorCode; retryAfterMs?: number };

/** The life of a job. */
export interface Life {
  hours: number;
  /** `deleted`: Google does not know the job then. */
  end: JobState | 'deleted';
  code?: number;
  /** Google ignores that it was asked to cancel. */
  deaf?: true;
  /** Outputs with an image at its end. Default: all, if it succeeds. */
  images?: number;
}

/** What the scripted steps do. Each list is in the order of the calls. */
export interface Script {
  outputs?: number;
  /** The first job exists before the batch begins: Temporal lost the run that made it. */
  there?: true;
  /** After the last one: created. */
  submissions?: Submission[];
  /** After the last one: one hour, then success. */
  lives?: Life[];
  /** Outputs left for another round after each round. After the last one: none. */
  left?: number[];
  /** The code with which each call of a step fails, before it does anything. After the last one: no failure. */
  failures?: Partial<Record<keyof Activities, ErrorCode[]>>;
  /** Fields that each call of `prepare` returns in place of the usual ones. */
  prepared?: Partial<Prepared>[];
  worstUsd?: number;
  /** The workflow continues as a new run after so many events. */
  continueAfterEvents?: number;
  /** Google's times are not valid. */
  garbledTimes?: true;
}

interface MadeJob extends FoundJob {
  round: number;
  createdAt: number;
  visibleAt: number;
  life: Life;
  cancelledAt?: number;
}

export interface Post {
  round: number;
  submission: number;
  at: number;
}

interface Permit extends Post {
  worstUsd: number;
  answered: boolean;
  /** Its cost is known, or an operator says that it made no job. */
  settled: boolean;
}

/** The steps of one batch, from a script. They keep permits and jobs like the real ones, in memory. */
export function createScriptedGoogle(batchId: string, script: Script, now: () => Promise<number>) {
  const outputs = script.outputs ?? 10;
  const jobs: MadeJob[] = [];
  const posts: Post[] = [];
  const permits: Permit[] = [];
  const calls: { name: keyof Activities; input: unknown }[] = [];
  const remaining = structuredClone(script);
  const interruptions = new Map<keyof Activities, () => Promise<void>>();
  /** The jobs whose answers were counted. */
  const collected = new Set<string>();
  let images = 0;

  async function recordCall(name: keyof Activities, input: unknown): Promise<void> {
    calls.push({ name, input });
    const interrupt = interruptions.get(name);
    interruptions.delete(name);
    await interrupt?.();
    const code = remaining.failures?.[name]?.shift();
    if (isErrorCode(code)) throw failure(code);
  }

  function createScriptedJob(
    round: number,
    submission: number,
    createdAt: number,
    visibleAt = createdAt,
    suffix = '',
  ): MadeJob {
    const life = remaining.lives?.shift() ?? { hours: 1, end: 'SUCCEEDED' };
    const job = {
      job: `batches/${batchId}-r${round}n${submission}${suffix}`,
      round,
      submission,
      createdAt,
      visibleAt,
      life,
    };
    jobs.push(job);
    return job;
  }

  function computeState({ createdAt, life, cancelledAt }: MadeJob, at: number): JobState | 'deleted' {
    if (at >= createdAt + life.hours * HOUR) return life.end;
    // Google takes a minute to cancel a job.
    if (cancelledAt !== undefined && !life.deaf && at >= cancelledAt + 60_000) return 'CANCELLED';
    return at < createdAt + 60_000 ? 'PENDING' : 'RUNNING';
  }

  /** A job as one GET shows it. */
  function wireJob(name: string, at: number): Job {
    const made = jobs.find(({ job }) => job === name);
    const state = made && computeState(made, at);
    if (!made || !state || state === 'deleted') throw failure('job-gone');
    const ended = !['PENDING', 'RUNNING'].includes(state);
    const successful = ended ? listImages(made, state) : 0;
    const { code } = made.life;
    return {
      name,
      displayName: `hb/${batchId}`,
      state,
      wireState: `BATCH_STATE_${state}`,
      createTime: script.garbledTimes ? Number.NaN : made.createdAt,
      pending: ended ? 0 : outputs,
      successful,
      failed: 0,
      ...(successful > 0 && { resultFile: `files/results-${jobs.indexOf(made)}` }),
      ...(code !== undefined && ended && { error: { code, message: 'says Google' } }),
    };
  }

  function listImages({ life }: MadeJob, state: JobState): number {
    return life.images ?? (state === 'SUCCEEDED' ? outputs : 0);
  }

  function listVisible(round: number, at: number): MadeJob[] {
    return jobs.filter((job) => job.round === round && job.visibleAt <= at);
  }

  /** The jobs of a round in LIST that run or have output. */
  function listLiving(round: number, at: number): FoundJob[] {
    const living = listVisible(round, at).filter((job) => {
      const state = computeState(job, at);
      if (state === 'deleted') return false;
      return ['PENDING', 'RUNNING', 'SUCCEEDED'].includes(state) || listImages(job, state) > 0;
    });
    return living.map(({ job, submission }) => ({ job, submission }));
  }

  function roundPlan(round: number, outputs: number): RoundPlan {
    return { round, outputs, ...(script.worstUsd !== undefined && { worstUsd: script.worstUsd }) };
  }

  /** The round to do next. */
  let open: RoundPlan | undefined = roundPlan(1, outputs);

  function standing() {
    const missing = outputs - images;
    return {
      counts: { total: outputs, image: images, refused: 0, failed: 0, missing },
      actualUsd: images * 0.067,
    };
  }

  function readReserves(): Reserves {
    const reserved = permits.filter(({ settled }) => !settled);
    return {
      reservedUsd: reserved.reduce((sum, { worstUsd }) => sum + worstUsd, 0),
      unanswered: reserved.filter(({ answered }) => !answered).length,
    };
  }

  /** Settles the permits whose jobs cost nothing, as a search does. */
  function settleEnded(at: number): void {
    for (const permit of permits) {
      const made = jobs.find(
        ({ round, submission }) => round === permit.round && submission === permit.submission,
      );
      if (!made || made.visibleAt > at) continue;
      permit.answered = true;
      const state = computeState(made, at);
      if (state !== 'deleted' && FREE.includes(state) && listImages(made, state) === 0) permit.settled = true;
    }
  }

  const activities: Activities = {
    async prepare(input) {
      await recordCall('prepare', input);
      const isSubmitted = permits.some(({ round }) => round === open?.round);
      const next = open && { ...open, ...(isSubmitted && { submitted: true as const }) };
      if (script.there && jobs.length === 0) createScriptedJob(1, 1, await now());
      return {
        where: {
          store: 'store-1',
          endpoint: 'https://gemini.test',
          keyFingerprint:
            input.where.keyFingerprint ?? `key-${calls.filter(({ name }) => name === 'prepare').length}`,
        },
        model: 'gemini-3-pro-image',
        outputs,
        estimatedUsd: outputs * 0.067,
        counts: { total: outputs, image: images, refused: 0, failed: 0, missing: 0 },
        actualUsd: images * 0.067,
        reserves: readReserves(),
        ...(next && { next }),
        firstRound: 1,
        retryFollows: false,
        searchAttributes: Object.keys(SEARCH_ATTRIBUTE_TYPES),
        known: input.before ?? { nonce: '0123456789ab', permits: [] },
        ...remaining.prepared?.shift(),
      };
    },

    async stageRound(input) {
      await recordCall('stageRound', input);
      return { file: `files/round-${input.round}`, bytes: 4_000_000, references: 3, uploadedBytes: 0 };
    },

    async findJob(input) {
      await recordCall('findJob', input);
      const at = await now();
      const ofRound = permits.filter(({ round }) => round === input.round);
      const named = jobs.find(({ job, round }) => job === input.named && round === input.round);
      if (named) named.visibleAt = at;
      if (input.named === 'none')
        for (const permit of permits)
          if (!permit.answered) Object.assign(permit, { answered: true, settled: true });
      settleEnded(at);
      const seen = listVisible(input.round, at);
      const [found, ...extras] = listLiving(input.round, at);
      const last = ofRound.at(-1);
      const inARow = ofRound.length - 1 - ofRound.findLastIndex(({ answered }) => answered);
      const open =
        last && inARow > 0 ? { submission: last.submission, inARow, overBy: last.at + 30_000 } : undefined;
      const next = Math.max(0, ...[...ofRound, ...seen].map(({ submission }) => submission)) + 1;
      return {
        ...(found && { found }),
        extras,
        gone: seen.filter((job) => computeState(job, at) === 'deleted').map(({ job }) => job),
        ...(open && { unanswered: open }),
        next,
        ...(named && { adopted: true }),
        reserves: readReserves(),
      };
    },

    async createJob(input) {
      await recordCall('createJob', input);
      const { round, submission, worstUsd = 0 } = input;
      const at = await now();
      const taken = permits.find((permit) => permit.round === round && permit.submission === submission);
      if (taken)
        return {
          kind: 'unknown',
          message: 'The result of the submission is unknown.',
          overBy: taken.at + 30_000,
        };
      const permit = { round, submission, at, worstUsd, answered: false, settled: false };
      permits.push(permit);
      posts.push({ round, submission, at });
      const fate = remaining.submissions?.shift() ?? { kind: 'created' };
      const unknown = { kind: 'unknown', message: 'The connection broke.', overBy: at } as const;
      if (fate.kind === 'worker dies') {
        // No heartbeat and no answer, until the server times out the attempt.
        await pause(60_000, undefined, { signal: Context.current().cancellationSignal });
      }
      if (fate.kind === 'lost')
        createScriptedJob(round, submission, at, at + (fate.visibleAfterMs ?? 10_000));
      if (fate.kind === 'refused') {
        Object.assign(permit, { answered: true, settled: true });
        const { code, retryAfterMs } = fate;
        return {
          kind: 'refused',
          code,
          message: `Google says ${code}.`,
          ...(retryAfterMs && { retryAfterMs }),
        };
      }
      if (fate.kind !== 'created' && fate.kind !== 'created twice') return unknown;
      if (fate.kind === 'created twice') createScriptedJob(round, submission, at, at, '-twin');
      permit.answered = true;
      return { kind: 'created', job: createScriptedJob(round, submission, at).job };
    },

    async checkJob(input) {
      await recordCall('checkJob', input);
      const at = await now();
      const deps = {
        now: () => at,
        // Spread like random numbers, and the same in every run.
        random: () => (calls.length * 0.618) % 1,
        log: pino({ level: 'silent' }),
        gemini: { jobs: { get: async (name: string) => wireJob(name, at) } },
      };
      const context = { signal: new AbortController().signal };
      const alone = { ...input, search: 'never' } as const;
      const status = await checkJob(deps as unknown as ActivityDeps, alone, context as StepContext);
      const isSearched = input.search === 'now' || (input.search === 'at-end' && status.ended);
      if (!isSearched) return status;
      return { ...status, others: listLiving(input.round, at).filter(({ job }) => job !== input.job) };
    },

    async collectRound(input) {
      await recordCall('collectRound', input);
      const fresh = input.jobs.filter(({ job }) => !collected.has(job));
      const got = fresh.reduce((sum, { expectedLines }: EndedJob) => sum + expectedLines, 0);
      for (const { job } of fresh) collected.add(job);
      images = Math.min(outputs, images + got);
      if (input.isPartial) return { ...standing(), reserves: readReserves(), anomalies: 0 };
      for (const { job, lost } of input.jobs) {
        const made = jobs.find((made) => made.job === job);
        const permit = permits.find(
          ({ round, submission }) => round === made?.round && submission === made.submission,
        );
        if (permit && !lost) permit.settled = true;
      }
      const left = remaining.left?.shift() ?? 0;
      open = undefined;
      const again = left > 0 && input.round < input.maxRounds && !input.weCancelled;
      if (again) open = roundPlan(input.round + 1, left);
      return { ...standing(), reserves: readReserves(), anomalies: 0, ...(open && { next: open }) };
    },

    async report(input): Promise<BatchResult> {
      await recordCall('report', input);
      const { counts, actualUsd } = standing();
      const complete = counts.image === counts.total ? 'COMPLETED' : 'COMPLETED_WITH_FAILURES';
      return {
        batchId,
        state: input.state === 'cancelled' ? 'CANCELLED' : complete,
        outputs: counts,
        rounds: new Set(input.jobs.map(({ round }) => round)).size,
        jobs: input.jobs.map(({ name }) => name),
        costUsd: { estimated: input.estimatedUsd ?? 0, actual: actualUsd },
      };
    },

    async cancelJob(input) {
      await recordCall('cancelJob', input);
      const job = jobs.find(({ job }) => job === input.job);
      if (job) job.cancelledAt ??= await now();
    },

    async cleanUp(input) {
      await recordCall('cleanUp', input);
    },

    async putScheduled(input) {
      await recordCall('putScheduled', input);
      const manifest = { uri: `batches/${batchId}/manifest.json`, sha256: '0'.repeat(64) };
      return { manifest, fingerprint: 'f'.repeat(64), summary: `scripted: ${outputs} outputs` };
    },

    // A local activity; `calls` lists steps only.
    async saveProgress() {},

    async notify(input) {
      await recordCall('notify', input);
    },
  };

  return {
    activities,
    posts,
    calls,
    /** Runs this during the next call of a step. */
    during: (name: keyof Activities, work: () => Promise<void>) => void interruptions.set(name, work),
    /** The names of the steps that were called, in their order. */
    steps: () => calls.map(({ name }) => name),
    inputsOf: <Name extends keyof Activities>(name: Name) =>
      calls.filter((call) => call.name === name).map(({ input }) => input as Parameters<Activities[Name]>[0]),
    jobNames: () => jobs.map(({ job }) => job),
  };
}

export type ScriptedGoogle = ReturnType<typeof createScriptedGoogle>;

function failure(code: ErrorCode): Error {
  return toFailure(new HummingbatchError(code, `It failed with ${code}.`), new AbortController().signal);
}
