import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Account, Prepared, Reserves, StepInput, Where } from '../activities/types.ts';
import { Tally } from '../batch/tally.ts';
import {
  type BatchOptions,
  type BatchProgress,
  type BatchState,
  type EndState,
  type ImageBatchInput,
  type JobState,
  type Step,
  type Stop,
} from '../contract/index.ts';
import { toWellFormed } from '../contract/text.ts';
import { activityRunner, type RunActivity } from './activities.ts';
import { CARRIED, type Carried } from './carried.ts';
import { formatDetails } from './details.ts';
import { History } from './history.ts';
import { KnownSubmissions } from './known.ts';
import { logState } from './log.ts';
import { count } from './metrics.ts';
import { read, readInput, readOptions } from './read.ts';
import { buildSearchAttributes } from './search-attributes.ts';

/** Requests of operators that the main line has not acted on yet. Handlers only set these. */
export interface Requests {
  retry: boolean;
  accept: boolean;
  approval?: boolean;
  /** A job's name, or `none`. */
  adopt?: string;
  wake: boolean;
  /** The workflow's cancellation was requested. */
  cancel: boolean;
}

/** One running batch: its input, its progress, and how it runs activities. */
export class Batch {
  readonly input: ImageBatchInput;
  readonly options: BatchOptions;
  readonly progress: BatchProgress;
  readonly requests: Requests = { retry: false, accept: false, wake: false, cancel: false };
  readonly notes: string[] = [];
  readonly run: RunActivity = activityRunner();
  prepared: Prepared | undefined;
  /** An operator retried after the key was refused. The batch then takes the key that the worker has now. */
  keyMayDiffer = false;
  /** The first round of this run. */
  firstRound = 1;
  /** The last round that may have sent something to Google. */
  sent = 0;
  /** The last round whose answers are collected. */
  collected = 0;
  /** Submissions of the batch without an answer. */
  unanswered = 0;
  /** The jobs that we cancelled at Google, and when (ms since 1970). */
  readonly cancelled = new Map<string, number>();
  /** Jobs of the open round whose answers are collected while others run. */
  readonly collectedJobs = new Set<string>();
  /** The job that the batch waits for, or waited for last; how often an event of it, and a request, woke the batch. */
  awaited: { job: string; wakes: number; checks: number } | undefined;
  /** Since when the batch waits for a job, ms since 1970. */
  readonly submittedAt = new Map<string, number>();
  /** The wait at Google's limit, in its round. */
  quota: Carried['quota'];
  /** The batch is being cancelled. A further cancellation changes nothing. */
  cancelling = false;
  /** Targets were notified that the batch waits for approval. */
  isApprovalAsked = false;
  /**
   * The last stop, until its step is done or an operator continues, and how often it came in a row. One that repeats after an
   * automatic retry is not notified again, and waits longer.
   */
  lastStop: Carried['lastStop'];
  /** The stop in which an earlier run of the workflow ended. */
  readonly stopBefore: Stop | undefined;
  readonly history: History;
  readonly known: KnownSubmissions;
  /** Jobs that Google does not know any more. An operator lets the batch make others. */
  readonly goneJobs: Set<string>;
  /** The batch has ended, and targets were not notified of that before. */
  shouldNotifyEnd = false;
  readonly #tally: Tally;
  readonly #where: Where | undefined;
  /** Options that an operator changed since the start. They win over options from the store. */
  #changedOptions: Pick<BatchOptions, 'maxCostUsd'> = {};
  /** The search attributes that were written last, as JSON. */
  #published = '';

  /** @param sent what an earlier run of the workflow gave to this one */
  constructor(input: ImageBatchInput, startedAt: Date, sent: Carried = {}) {
    this.input = readInput(input, workflowInfo().workflowId);
    this.options = readOptions(this.input.options);
    const carried = read(CARRIED, sent) as Carried;
    const { labels = [], maxCostUsd } = this.options;
    this.#tally = new Tally(count, this.input.retry !== undefined, carried.counted);
    this.#where = carried.where;
    this.history = new History(carried);
    this.known = new KnownSubmissions(carried);
    this.goneJobs = new Set(carried.goneJobs);
    this.stopBefore = carried.stop;
    this.lastStop = carried.lastStop;
    this.quota = carried.quota;
    this.keyMayDiffer = carried.keyMayDiffer ?? false;
    this.cancelling = carried.isCancelling ?? false;
    this.isApprovalAsked = carried.isApprovalAsked ?? false;
    this.notes.push(...(carried.notes ?? []));
    for (const { job, at } of carried.cancelled ?? []) this.cancelled.set(job, at);
    for (const { job, at } of carried.submittedAt ?? []) this.submittedAt.set(job, at);
    if (carried.approval !== undefined) this.requests.approval = carried.approval;
    if (carried.adopt !== undefined) this.requests.adopt = carried.adopt;
    this.progress = {
      batchId: this.id,
      state: 'PREPARING',
      ...(labels.length > 0 && { labels }),
      round: 0,
      outputs: { total: 0, image: 0, refused: 0, failed: 0, missing: 0 },
      jobs: [...(carried.jobs ?? [])],
      costUsd: { estimated: 0, actual: 0 },
      ...(maxCostUsd !== undefined && { maxCostUsd }),
      startedAt: carried.startedAt ?? startedAt.toISOString(),
    };
    logState(this.progress);
  }

  get id(): string {
    return this.input.batchId;
  }

  /** The input with the options that hold now. */
  get currentInput(): ImageBatchInput {
    return this.prepared ? { ...this.input, options: this.options } : this.input;
  }

  /** The fields that every step's input has. */
  get base(): StepInput {
    const { store, endpoint } = this.options;
    const named = { ...(store && { store }), ...(endpoint && { endpoint }) };
    return { batchId: this.id, where: this.prepared?.where ?? this.#where ?? named };
  }

  /** The fields of a step that needs what the batch has put into the store. */
  get stored(): StepInput {
    const known = this.known.upTo(this.progress.round);
    return { ...this.base, ...(known && { known: { ...known, collected: this.collected } }) };
  }

  /** What the next run of the workflow needs of this one. @param stop the one in which this run ends */
  carry(stop: Stop | undefined): Carried {
    const { progress, requests } = this;
    const where = this.prepared?.where ?? this.#where;
    const counted = this.#tally.before;
    return {
      ...this.history.carry(),
      ...this.known.carry(),
      goneJobs: [...this.goneJobs],
      startedAt: progress.startedAt,
      ...(where && { where }),
      keyMayDiffer: this.keyMayDiffer,
      isApprovalAsked: this.isApprovalAsked,
      ...(requests.approval !== undefined && { approval: requests.approval }),
      ...(requests.adopt !== undefined && { adopt: requests.adopt }),
      // The report lists no more.
      notes: this.notes.slice(0, 200),
      jobs: progress.jobs,
      submittedAt: toList(this.submittedAt),
      cancelled: toList(this.cancelled),
      isCancelling: this.cancelling || requests.cancel,
      ...(counted && { counted }),
      ...(this.lastStop && { lastStop: this.lastStop }),
      ...(stop && { stop }),
      ...(this.quota && { quota: this.quota }),
    };
  }

  /** Changes the progress, counts the change, and shows it in the query, the current details, the log and the search attributes. */
  update(change: Partial<BatchProgress>): void {
    const before = { ...this.progress };
    Object.assign(this.progress, change);
    // Only a waiting batch has a next check.
    if (this.progress.state !== 'WAITING') this.progress.nextCheck = undefined;
    this.#tally.update(before, this.progress);
    if (before.state !== this.progress.state) logState(this.progress);
    setCurrentDetails(toWellFormed(formatDetails(this.progress, this.options)));
    this.#publish();
  }

  /** Takes over options of an earlier run of the batch. @throws `usage` */
  adoptOptions(options: Partial<BatchOptions>): void {
    Object.assign(this.options, readOptions(options), this.#changedOptions);
    const { labels = [], maxCostUsd } = this.options;
    this.update({
      ...(labels.length > 0 && { labels }),
      ...(maxCostUsd !== undefined && { maxCostUsd }),
    });
  }

  setBudget(maxCostUsd: number): void {
    this.#changedOptions = { maxCostUsd };
    this.options.maxCostUsd = maxCostUsd;
    this.update({ maxCostUsd });
  }

  enter(state: BatchState): void {
    this.update({ state, stop: undefined, quota: undefined });
  }

  end(state: EndState, more: Partial<BatchProgress> = {}): void {
    this.update({ stop: undefined, quota: undefined, ...more, state, endedAt: new Date().toISOString() });
    this.shouldNotifyEnd = true;
  }

  /** An earlier run ended the batch and counted it, so nothing is counted or notified again. */
  endUncounted(state: EndState): void {
    this.#tally.stop();
    this.end(state);
    this.shouldNotifyEnd = false;
  }

  /** A step is done. If the batch stops at it again, targets are notified again. */
  forgetStop(step: Step): void {
    if (this.lastStop?.step === step) this.lastStop = undefined;
  }

  /** Counts a stop. @returns how often it came in a row, from 1 */
  countStop({ step, code }: Stop): number {
    const { lastStop } = this;
    const isSame = lastStop?.step === step && lastStop.code === code;
    this.lastStop = { step, code, times: isSame ? lastStop.times + 1 : 1 };
    return this.lastStop.times;
  }

  /** Takes over counts and cost. */
  noteStanding({ counts, actualUsd, reserves }: Account, estimatedUsd?: number): void {
    const { estimated } = this.progress.costUsd;
    this.update({ outputs: counts, costUsd: { estimated: estimatedUsd ?? estimated, actual: actualUsd } });
    this.noteReserves(reserves);
  }

  /** Takes over what submissions may still cost whose cost is not known. */
  noteReserves({ reservedUsd, unanswered }: Reserves): void {
    this.unanswered = unanswered;
    const { reserved: _, ...costUsd } = this.progress.costUsd;
    this.update({ costUsd: { ...costUsd, ...(reservedUsd > 0 && { reserved: reservedUsd }) } });
  }

  /** Adds a job. A job that is known already is not changed. */
  noteJob(name: string, round: number, submission: number): void {
    if (this.progress.jobs.some((job) => job.name === name)) return;
    this.update({ jobs: [...this.progress.jobs, { name, round, submission, state: 'PENDING' }] });
  }

  noteJobState(name: string, state: JobState): void {
    this.update({ jobs: this.progress.jobs.map((job) => (job.name === name ? { ...job, state } : job)) });
  }

  /** Adds an anomaly to the report, once. */
  note(sentence: string): void {
    if (!this.notes.includes(sentence)) this.notes.push(sentence);
  }

  /** Notes the jobs that continue at Google, and are billed, after the batch has ended. */
  noteLeftBehind(): void {
    for (const { name, state } of this.progress.jobs)
      if (state === 'PENDING' || state === 'RUNNING')
        this.note(`The job ${name} was left running at Google.`);
  }

  /** Each write is an event in the history, so only a change is written. */
  #publish(): void {
    const known = this.prepared?.searchAttributes ?? [];
    const pairs = buildSearchAttributes(this.progress).filter(({ key }) => known.includes(key.name));
    const published = JSON.stringify(pairs);
    if (pairs.length === 0 || published === this.#published) return;
    this.#published = published;
    upsertSearchAttributes(pairs);
  }
}

function toList(times: ReadonlyMap<string, number>): { job: string; at: number }[] {
  return Array.from(times, ([job, at]) => ({ job, at }));
}
