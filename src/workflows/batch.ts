import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Prepared, StepInput } from '../activities/types.ts';
import {
  type BatchOptions,
  type BatchProgress,
  type BatchState,
  DEFAULT_OPTIONS,
  type ImageBatchInput,
  type JobSummary,
} from '../contract/index.ts';
import { activityRunner, type RunActivity } from './activities.ts';
import { detailsOf } from './details.ts';
import { attributesOf } from './search-attributes.ts';

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
  /** What was odd on the way, for the report. */
  readonly notes: string[] = [];
  readonly run: RunActivity = activityRunner();
  prepared: Prepared | undefined;
  /** The first round of this run. */
  firstRound = 1;
  /** The last round whose answers are collected. */
  collected = 0;
  /** The cancelled batch settles what it owes; a further cancellation changes nothing. */
  cancelling = false;
  #published = '';

  constructor(input: ImageBatchInput, startedAt: Date) {
    this.input = input;
    this.options = { ...DEFAULT_OPTIONS, ...input.options };
    this.progress = {
      batchId: input.batchId,
      state: 'PREPARING',
      round: 0,
      outputs: { total: 0, image: 0, refused: 0, failed: 0, missing: 0 },
      jobs: [],
      costUsd: { estimated: 0, actual: 0 },
      startedAt: startedAt.toISOString(),
    };
  }

  get id(): string {
    return this.input.batchId;
  }

  /** What every step's input begins with. */
  get base(): StepInput {
    const { store, endpoint } = this.prepared?.where ?? this.options;
    return { batchId: this.id, where: { ...(store && { store }), ...(endpoint && { endpoint }) } };
  }

  /** Changes what is known and shows it: in the query, in the current details, and where it is of use in search attributes. */
  update(change: Partial<BatchProgress>): void {
    Object.assign(this.progress, change);
    setCurrentDetails(detailsOf(this.progress));
    this.#publish();
  }

  enter(state: BatchState): void {
    this.update({ state, stop: undefined, quota: undefined });
  }

  /** Adds a job, or changes what is known of it. */
  noteJob(job: JobSummary): void {
    const others = this.progress.jobs.filter(({ name }) => name !== job.name);
    this.update({ job: job.name, jobs: [...others, job] });
  }

  /** An event in the history each time, so only what changed is written. */
  #publish(): void {
    const known = this.prepared?.searchAttributes ?? [];
    const pairs = attributesOf(this.progress).filter(({ key }) => known.includes(key.name));
    const published = JSON.stringify(pairs);
    if (pairs.length === 0 || published === this.#published) return;
    this.#published = published;
    upsertSearchAttributes(pairs);
  }
}
