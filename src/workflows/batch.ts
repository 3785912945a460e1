import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Prepared, StepInput } from '../activities/types.ts';
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
import { activityRunner, type RunActivity } from './activities.ts';
import { formatDetails } from './details.ts';
import { logState } from './log.ts';
import { count } from './metrics.ts';
import { readInput, readOptions } from './read.ts';
import { buildSearchAttributes } from './search-attributes.ts';

/** What people asked for and the main line has not acted on yet. Handlers only set these. */
export interface Requests {
  retry: boolean;
  accept: boolean;
  approval?: boolean;
  /** A job's name, or `none`. */
  adopt?: string;
  wake: boolean;
  /** The workflow was asked to cancel. */
  cancel: boolean;
}

/** One running batch: what it was asked, where it stands, and the way to its activities. */
export class Batch {
  readonly input: ImageBatchInput;
  readonly options: BatchOptions;
  readonly progress: BatchProgress;
  readonly requests: Requests = { retry: false, accept: false, wake: false, cancel: false };
  readonly notes: string[] = [];
  readonly run: RunActivity = activityRunner();
  prepared: Prepared | undefined;
  /** A person went on after the key was refused: whichever key the worker has now is the batch's from here on. */
  keyMayDiffer = false;
  /** The first round of this run. */
  firstRound = 1;
  /** The last round of which something may have been sent to Google. */
  sent = 0;
  /** The last round whose answers are collected. */
  collected = 0;
  /** The most that jobs can have cost which are gone with their answers, USD: no usage will ever say what it was. */
  unseenUsd = 0;
  /** The jobs that we asked Google to end, and when. */
  readonly cancelled = new Map<string, number>();
  /** The job that is waited for, or was last, and how often an event of it has woken the batch. */
  awaited: { job: string; wakes: number } | undefined;
  /** The cancelled batch settles what it owes; a further cancellation changes nothing. */
  cancelling = false;
  /** The stop that was told last, until its step is done or a person goes on: it is not told again when it comes back by itself. */
  lastNotifiedStop: Pick<Stop, 'step' | 'code'> | undefined;
  /** It has ended, and nobody was told of that before. */
  shouldNotifyEnd = false;
  readonly #tally: Tally;
  /** What a person has changed since the start. */
  #said: Pick<BatchOptions, 'maxCostUsd'> = {};
  #published = '';

  constructor(input: ImageBatchInput, startedAt: Date) {
    this.input = readInput(input, workflowInfo().workflowId);
    this.options = readOptions(this.input.options);
    const { labels = [], maxCostUsd } = this.options;
    this.#tally = new Tally(count, this.input.retry !== undefined);
    this.progress = {
      batchId: this.id,
      state: 'PREPARING',
      ...(labels.length > 0 && { labels }),
      round: 0,
      outputs: { total: 0, image: 0, refused: 0, failed: 0, missing: 0 },
      jobs: [],
      costUsd: { estimated: 0, actual: 0 },
      ...(maxCostUsd !== undefined && { maxCostUsd }),
      startedAt: startedAt.toISOString(),
    };
    logState(this.progress);
  }

  get id(): string {
    return this.input.batchId;
  }

  /** As the batch is to be run by now. */
  get inputNow(): ImageBatchInput {
    return this.prepared ? { ...this.input, options: this.options } : this.input;
  }

  /** What every step's input begins with. */
  get base(): StepInput {
    const { store, endpoint } = this.options;
    const where = this.prepared?.where ?? { ...(store && { store }), ...(endpoint && { endpoint }) };
    return { batchId: this.id, where };
  }

  /** Changes what is known, counts it and shows it: in the query, the current details, the log, and where it is of use in search attributes. */
  update(change: Partial<BatchProgress>): void {
    const before = { ...this.progress };
    Object.assign(this.progress, change);
    // Outside of the wait nothing looks again at that time.
    if (this.progress.state !== 'WAITING') this.progress.nextCheck = undefined;
    this.#tally.update(before, this.progress);
    if (before.state !== this.progress.state) logState(this.progress);
    setCurrentDetails(formatDetails(this.progress, this.options));
    this.#publish();
  }

  /** Takes over how an earlier run of the batch was to be run. */
  runAs(options: Partial<BatchOptions>): void {
    Object.assign(this.options, readOptions(options), this.#said);
    const { labels = [], maxCostUsd } = this.options;
    this.update({
      ...(labels.length > 0 && { labels }),
      ...(maxCostUsd !== undefined && { maxCostUsd }),
    });
  }

  setBudget(maxCostUsd: number): void {
    this.#said = { maxCostUsd };
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

  /** It had ended before it began: an earlier run has counted it. */
  endAsBefore(state: EndState): void {
    this.#tally.stop();
    this.end(state);
    this.shouldNotifyEnd = false;
  }

  /** What it last stopped for is over: the same would be news. */
  isOver(step: Step): void {
    if (this.lastNotifiedStop?.step === step) this.lastNotifiedStop = undefined;
  }

  /** Adds a job; one that is known stays as it is. */
  noteJob(name: string, round: number, submission: number): void {
    if (this.progress.jobs.some((job) => job.name === name)) return;
    this.update({ jobs: [...this.progress.jobs, { name, round, submission, state: 'PENDING' }] });
  }

  noteJobState(name: string, state: JobState): void {
    this.update({ jobs: this.progress.jobs.map((job) => (job.name === name ? { ...job, state } : job)) });
  }

  /** For the report: what was odd on the way, each thing once. */
  note(sentence: string): void {
    if (!this.notes.includes(sentence)) this.notes.push(sentence);
  }

  /** Names the jobs that go on, and are billed, when the batch ends now. */
  noteLeftBehind(): void {
    for (const { name, state } of this.progress.jobs)
      if (state === 'PENDING' || state === 'RUNNING') this.note(`The job ${name} was left behind at Google.`);
  }

  /** An event in the history each time, so only what changed is written. */
  #publish(): void {
    const known = this.prepared?.searchAttributes ?? [];
    const pairs = buildSearchAttributes(this.progress).filter(({ key }) => known.includes(key.name));
    const published = JSON.stringify(pairs);
    if (pairs.length === 0 || published === this.#published) return;
    this.#published = published;
    upsertSearchAttributes(pairs);
  }
}
