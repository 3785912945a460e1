import type { MetricMeter, MetricTags } from '@temporalio/common';
import { ERROR_CODES } from '../contract/errors.ts';
import { END_STATES, JOB_STATES, OPEN_STATES, OUTCOMES, STEPS } from '../contract/words.ts';
import { findModel, MODELS } from './models.ts';

/**
 * The label of a model that is not in our table: names from manifests must not create an unlimited number of series.
 */
const OTHER_MODEL = 'other';
const MODEL_NAMES = [...MODELS.map(getShortName), OTHER_MODEL];

/** A metric and all values of its labels. A label never holds a batch, a job or a key. */
export interface Metric {
  /** The name given to Temporal; scrapers see a counter with `_total` appended. */
  name: string;
  kind: 'counter' | 'gauge';
  /** What records it. This decides which labels Temporal adds: see {@link ADDED_LABELS}. */
  by: 'workflow' | 'worker' | 'every step' | 'stageRound' | 'collectRound';
  labels: Readonly<Record<string, readonly string[]>>;
  /** What it counts, and when. */
  description: string;
  /** Absent before its first event: its labels have too many combinations to start them all at 0. */
  rare?: true;
}

/**
 * The metrics of hummingbatch. Temporal's counters take whole numbers, so money is counted in millionths of a USD, the
 * precision of the records. A workflow counts nothing on replay. If a worker dies while it completes a workflow task,
 * another worker runs that task and counts it once more.
 */
export const METRICS = {
  batches: {
    name: 'hummingbatch_batches',
    kind: 'gauge',
    by: 'worker',
    labels: { state: OPEN_STATES },
    description:
      "Open batches of this worker's queue by state, read from Temporal every 15 s; NaN while Temporal does not answer.",
  },
  stopped: {
    name: 'hummingbatch_stopped_batches',
    kind: 'gauge',
    by: 'worker',
    labels: { code: ERROR_CODES },
    description:
      'Batches that need attention by the error code of their stop, read from Temporal every 15 s; a code appears at its first stop.',
    rare: true,
  },
  ended: {
    name: 'hummingbatch_batches_ended',
    kind: 'counter',
    by: 'workflow',
    labels: { state: END_STATES, model: MODEL_NAMES },
    description: 'Batches, counted when they end; a retry of an ended batch counts again.',
  },
  outputs: {
    name: 'hummingbatch_outputs',
    kind: 'counter',
    by: 'workflow',
    labels: { outcome: OUTCOMES, model: MODEL_NAMES },
    description:
      'Outputs by outcome, counted when the batch ends; a retry of an ended batch counts the outputs that it changed.',
  },
  rounds: {
    name: 'hummingbatch_rounds',
    kind: 'counter',
    by: 'workflow',
    labels: {},
    description: 'Rounds, counted when they are collected.',
  },
  checks: {
    name: 'hummingbatch_checks',
    kind: 'counter',
    by: 'workflow',
    labels: { job_state: JOB_STATES },
    description: 'Checks of a job that Google answered, by the state of the job.',
  },
  stops: {
    name: 'hummingbatch_stops',
    kind: 'counter',
    by: 'workflow',
    labels: { step: STEPS, code: ERROR_CODES },
    description:
      'Stops by step and error code, counted when the batch starts to need attention; a stop that repeats counts again.',
    rare: true,
  },
  quotaWaits: {
    name: 'hummingbatch_quota_waits',
    kind: 'counter',
    by: 'workflow',
    labels: {},
    description: "Waits for Google's quota, counted when they start; each takes 1 minute to 2 hours.",
  },
  unanswered: {
    name: 'hummingbatch_unanswered_submissions',
    kind: 'counter',
    by: 'workflow',
    labels: {},
    description: 'Submissions without an answer, counted when the wait for their job starts.',
  },
  spent: {
    name: 'hummingbatch_spent_microusd',
    kind: 'counter',
    by: 'workflow',
    labels: { model: MODEL_NAMES },
    description:
      'Cost in millionths of a USD by the usage of the answers, counted when they are collected; 0 for a model without a known price.',
  },
  failedAttempts: {
    name: 'hummingbatch_failed_attempts',
    kind: 'counter',
    by: 'every step',
    labels: { code: ERROR_CODES },
    description:
      'Failed attempts of a step, by error code; cancelled attempts and those of a crashed worker are not counted.',
    rare: true,
  },
  uploadedBytes: {
    name: 'hummingbatch_uploaded_bytes',
    kind: 'counter',
    by: 'stageRound',
    labels: {},
    description: 'Uploaded bytes of references and request files, counted when a file is complete.',
  },
  downloadedBytes: {
    name: 'hummingbatch_downloaded_bytes',
    kind: 'counter',
    by: 'collectRound',
    labels: {},
    description:
      'Downloaded bytes of result files, counted when they arrive; bytes that are read again count again.',
  },
  imageBytes: {
    name: 'hummingbatch_image_bytes',
    kind: 'counter',
    by: 'collectRound',
    labels: {},
    description:
      'Bytes of images on disk, counted when a group is synced; images that are written again count again.',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
/** The labels that the code gives for a metric. */
export type MetricLabels<Name extends MetricName> = {
  [Label in keyof (typeof METRICS)[Name]['labels']]: (typeof METRICS)[Name]['labels'][Label] extends readonly (infer Value)[]
    ? Value
    : never;
};
/** The names of the counters. */
export type CounterName = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends 'counter' ? Name : never;
}[MetricName];

/** The labels that Temporal adds, by what records the metric, in Temporal's spelling. */
export const ADDED_LABELS: Record<Metric['by'], readonly string[]> = {
  worker: ['namespace', 'taskQueue'],
  workflow: ['namespace', 'taskQueue', 'workflowType'],
  'every step': ['namespace', 'taskQueue', 'activityType'],
  stageRound: ['namespace', 'taskQueue', 'activityType'],
  collectRound: ['namespace', 'taskQueue', 'activityType'],
};

/** Adds to a counter through Temporal's meter of the workflow, activity or worker. */
export type Count = <Name extends CounterName>(
  name: Name,
  amount: number,
  labels: MetricLabels<Name>,
) => void;

export function createCounter(meter: MetricMeter): Count {
  return (metric, amount, labels) => {
    const { name, description } = METRICS[metric];
    meter.createCounter(name, undefined, description).add(amount, labels as MetricTags);
  };
}

/** The name that scrapers see. */
export function getScrapedName({ name, kind }: Metric): string {
  return kind === 'counter' ? `${name}_total` : name;
}

/** The label of a model. */
export function toModelLabel(nameOrId: string | undefined): string {
  const model = nameOrId === undefined ? undefined : findModel(nameOrId);
  return model ? getShortName(model) : OTHER_MODEL;
}

function getShortName({ names, id }: (typeof MODELS)[number]): string {
  return names[0] ?? id;
}

/** Lists every combination of a metric's label values. */
export function listLabelCombinations({ labels }: Metric): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (sofar, [label, values]) =>
      sofar.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value }))),
    [{}],
  );
}
