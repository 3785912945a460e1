import type { MetricMeter, MetricTags } from '@temporalio/common';
import { ERROR_CODES } from '../contract/errors.ts';
import { JOB_STATES } from '../contract/progress.ts';
import { END_STATES, OPEN_STATES, OUTCOMES, STEPS } from '../contract/words.ts';
import { findModel, MODELS } from './models.ts';

/** A model outside of our table is `other`: whatever people write in manifests must not make series without end. */
const OTHER_MODEL = 'other';
const MODEL_NAMES = [...MODELS.map(firstName), OTHER_MODEL];

/** What a metric is, and all that its labels can say: never a batch, a job or a key. */
export interface Metric {
  /** As code gives it to Temporal; scrapers see a counter with `_total` behind it. */
  name: string;
  kind: 'counter' | 'gauge';
  /** Who records it, which decides the labels that Temporal adds: see {@link ADDED_LABELS}. */
  by: 'workflow' | 'worker' | 'every step' | 'stageRound' | 'collectRound';
  labels: Readonly<Record<string, readonly string[]>>;
  /** What one of it is, and when it is counted. */
  says: string;
  /** Not shown before its first event: its labels have too many combinations to begin them all at 0. */
  rare?: true;
}

/**
 * All metrics that are ours. Temporal takes whole numbers for counters, so money is counted in millionths of a USD, the
 * precision of the records. What a workflow counts is silent on replay; a worker that dies while it reports a workflow's
 * task leaves that task to another, which counts it once more.
 */
export const METRICS = {
  batches: {
    name: 'hummingbatch_batches',
    kind: 'gauge',
    by: 'worker',
    labels: { state: OPEN_STATES },
    says: "Open batches of this worker's queue by state, asked of Temporal every 15 s; NaN while it does not answer.",
  },
  stopped: {
    name: 'hummingbatch_stopped_batches',
    kind: 'gauge',
    by: 'worker',
    labels: { code: ERROR_CODES },
    says: 'Batches that need attention by the code of their stop, asked like the batches; a code shows from its first stop.',
    rare: true,
  },
  ended: {
    name: 'hummingbatch_batches_ended',
    kind: 'counter',
    by: 'workflow',
    labels: { state: END_STATES, model: MODEL_NAMES },
    says: 'Batches that ended, at their end; a retry of an ended batch ends once more.',
  },
  outputs: {
    name: 'hummingbatch_outputs',
    kind: 'counter',
    by: 'workflow',
    labels: { outcome: OUTCOMES, model: MODEL_NAMES },
    says: "Outputs by what became of them, at the batch's end; a retry of an ended batch counts those that it changed.",
  },
  rounds: {
    name: 'hummingbatch_rounds',
    kind: 'counter',
    by: 'workflow',
    labels: {},
    says: 'Rounds, when they are collected.',
  },
  checks: {
    name: 'hummingbatch_checks',
    kind: 'counter',
    by: 'workflow',
    labels: { job_state: JOB_STATES },
    says: 'Answered looks at a job, by the state that Google named.',
  },
  stops: {
    name: 'hummingbatch_stops',
    kind: 'counter',
    by: 'workflow',
    labels: { step: STEPS, code: ERROR_CODES },
    says: 'Stops by step and code, when the batch begins to need attention; one that looks again and stops again counts again.',
    rare: true,
  },
  quotaWaits: {
    name: 'hummingbatch_quota_waits',
    kind: 'counter',
    by: 'workflow',
    labels: {},
    says: "Waits for Google's quota, when they begin; each takes 1 to 30 minutes.",
  },
  unanswered: {
    name: 'hummingbatch_unanswered_submissions',
    kind: 'counter',
    by: 'workflow',
    labels: {},
    says: 'Submissions that ended without an answer, when the wait for their job begins.',
  },
  spent: {
    name: 'hummingbatch_spent_microusd',
    kind: 'counter',
    by: 'workflow',
    labels: { model: MODEL_NAMES },
    says: 'Millionths of a USD by the usage of the answers, when they are collected; 0 for a model whose price is not known.',
  },
  failedAttempts: {
    name: 'hummingbatch_failed_attempts',
    kind: 'counter',
    by: 'every step',
    labels: { code: ERROR_CODES },
    says: 'Attempts of a step that failed, by code; what was cancelled and what died with its worker is not counted.',
    rare: true,
  },
  uploadedBytes: {
    name: 'hummingbatch_uploaded_bytes',
    kind: 'counter',
    by: 'stageRound',
    labels: {},
    says: 'Bytes of references and request files that Google has, when a file is whole.',
  },
  downloadedBytes: {
    name: 'hummingbatch_downloaded_bytes',
    kind: 'counter',
    by: 'collectRound',
    labels: {},
    says: 'Bytes of result files, when they arrive; what is read again counts again.',
  },
  imageBytes: {
    name: 'hummingbatch_image_bytes',
    kind: 'counter',
    by: 'collectRound',
    labels: {},
    says: 'Bytes of images on disk, when a group of them is synced; what is written again counts again.',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
/** The labels of a metric that its recorder gives. */
export type LabelsOf<Name extends MetricName> = {
  [Label in keyof (typeof METRICS)[Name]['labels']]: (typeof METRICS)[Name]['labels'][Label] extends readonly (infer Value)[]
    ? Value
    : never;
};
/** Those that are counted. */
export type CounterName = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends 'counter' ? Name : never;
}[MetricName];

/** Labels that Temporal adds by who records, in its spelling. */
export const ADDED_LABELS: Record<Metric['by'], readonly string[]> = {
  worker: ['namespace', 'taskQueue'],
  workflow: ['namespace', 'taskQueue', 'workflowType'],
  'every step': ['namespace', 'taskQueue', 'activityType'],
  stageRound: ['namespace', 'taskQueue', 'activityType'],
  collectRound: ['namespace', 'taskQueue', 'activityType'],
};

/** Counts with Temporal's meter of wherever one is. */
export type Count = <Name extends CounterName>(name: Name, amount: number, labels: LabelsOf<Name>) => void;

export function counterOn(meter: MetricMeter): Count {
  return (metric, amount, labels) => {
    const { name, says } = METRICS[metric];
    meter.createCounter(name, undefined, says).add(amount, labels as MetricTags);
  };
}

/** The name that scrapers see. */
export function scrapedName({ name, kind }: Metric): string {
  return kind === 'counter' ? `${name}_total` : name;
}

/** A model as a label. */
export function modelLabel(nameOrId: string | undefined): string {
  const model = nameOrId === undefined ? undefined : findModel(nameOrId);
  return model ? firstName(model) : OTHER_MODEL;
}

function firstName({ names, id }: (typeof MODELS)[number]): string {
  return names[0] ?? id;
}

/** Every combination of a metric's labels. */
export function combinations({ labels }: Metric): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (sofar, [label, values]) =>
      sofar.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value }))),
    [{}],
  );
}
