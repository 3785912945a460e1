import { DURATION_PATTERN, durationMs, MAX_TIME_MS, MIN_TIME_MS } from './duration.ts';
import { LABELS, MAX_LABEL_BYTES } from './labels.ts';
import { isWebhookUrl, NOTIFY } from './notify.ts';
import { choice, hasLength, type Infer, integer, number, object, optional, text } from './rules.ts';

/** `reconcile`: wait for the visibility window, search again, then make another job. `park`: stop and ask an operator. */
export const ON_UNKNOWN_SUBMIT = ['reconcile', 'park'] as const;
/** See {@link ON_UNKNOWN_SUBMIT}. */
export type OnUnknownSubmit = (typeof ON_UNKNOWN_SUBMIT)[number];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The one table of defaults. */
export const DEFAULT_OPTIONS = {
  maxRounds: 3,
  // Google ends a job as EXPIRED after 48 h. Two hours more, so that Google's end comes first.
  deadlineMs: 50 * HOUR,
  onUnknownSubmit: 'reconcile' as OnUnknownSubmit,
  checkIntervalMs: 30_000,
  maxCheckIntervalMs: 30 * MINUTE,
  // The delay is undocumented. LIST is usually up to date within seconds, so 90 s is generous.
  submitWindowMs: 90_000,
};

/** Rounds in all. Each round is a paid job, and what fails ten times fails the eleventh time too. */
export const MAX_ROUNDS = 10;

const MAX_STORE_ID_CHARACTERS = 200;

const AMOUNT = { min: 0, must: 'an amount in USD, 0 or more', example: 40 };

function time(name: keyof typeof DEFAULT_OPTIONS, description: string) {
  const example = DEFAULT_OPTIONS[name];
  const rule = integer(MIN_TIME_MS, MAX_TIME_MS, {
    must: `a whole number of milliseconds from ${MIN_TIME_MS} to ${MAX_TIME_MS}`,
    example,
  });
  return optional(rule, { description: `${description}, ms.`, default: example });
}

const DEADLINE = {
  name: 'deadline',
  must: `a time from 1s to ${MAX_TIME_MS / HOUR}h: a text such as 50h in a manifest or a flag, whole milliseconds as deadlineMs`,
} as const;

/** Options that a person chooses for a batch, as a manifest's `run` block has them too. */
const CHOSEN = {
  labels: optional(LABELS, {
    description: `Labels by which the batch is found: \`hummingbatch list --label autumn\`. At most ${MAX_LABEL_BYTES} bytes in all (UTF-8).`,
  }),
  maxCostUsd: optional(number(AMOUNT), {
    description: 'The most that the batch may cost over all rounds, USD. Default: no limit.',
  }),
  approveAboveUsd: optional(number(AMOUNT), {
    description:
      'The batch waits for `approve` where its estimate is above this, USD. Default: it never waits.',
  }),
  maxRounds: optional(integer(1, MAX_ROUNDS, { example: DEFAULT_OPTIONS.maxRounds }), {
    description: 'Rounds in all, the first included.',
    default: DEFAULT_OPTIONS.maxRounds,
  }),
  onUnknownSubmit: optional(choice(ON_UNKNOWN_SUBMIT, { example: DEFAULT_OPTIONS.onUnknownSubmit }), {
    description:
      'When it is unknown whether a submission made a job: search again and then make another (reconcile), or ask an operator (park).',
    default: DEFAULT_OPTIONS.onUnknownSubmit,
  }),
};

const DEADLINE_DESCRIPTION =
  'The longest that a job may take. Then it is cancelled, and its unfinished outputs are tried again in the next round';

const NOTIFIED = {
  description:
    'Webhook targets for its stops, its wait for approval and its end. They replace the targets of the configuration; [] notifies nobody.',
};

/** How a batch is run. The options are carried in the workflow's input, so a worker's restart does not change them. */
export const BATCH_OPTIONS = object(
  'the options',
  {
    store: optional(
      text((id) => hasLength(id, 1, MAX_STORE_ID_CHARACTERS), {
        must: `the id of a store, a text of 1 to ${MAX_STORE_ID_CHARACTERS} characters`,
        json: { minLength: 1, maxLength: MAX_STORE_ID_CHARACTERS },
      }),
      {
        description:
          'The id in the store’s `store.json`. A worker with another store leaves the batch alone. Default: the store of the first worker.',
      },
    ),
    endpoint: optional(
      text(isWebhookUrl, {
        must: 'an http or https URL without user and password, of at most 2048 characters',
        example: 'https://generativelanguage.googleapis.com',
        json: { pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/\\s]\\S*$', maxLength: 2048 },
      }),
      {
        description:
          'Gemini’s base URL. A worker with another one leaves the batch alone. Default: the URL of the first worker.',
      },
    ),
    ...CHOSEN,
    deadlineMs: optional(
      integer(MIN_TIME_MS, MAX_TIME_MS, { ...DEADLINE, example: DEFAULT_OPTIONS.deadlineMs }),
      { description: `${DEADLINE_DESCRIPTION}, ms.`, default: DEFAULT_OPTIONS.deadlineMs },
    ),
    notify: optional(NOTIFY, NOTIFIED),
    checkIntervalMs: time('checkIntervalMs', 'The shortest time between two checks of the job'),
    maxCheckIntervalMs: time('maxCheckIntervalMs', 'The longest time between two checks of the job'),
    submitWindowMs: time('submitWindowMs', 'How long Google’s list may not show a new job'),
  },
  {
    id: 'BatchOptions',
    description: 'How the batch is run. Nothing of it is read from the worker.',
  },
);

/** Options with their defaults. */
export type BatchOptions = Infer<typeof BATCH_OPTIONS> & typeof DEFAULT_OPTIONS;

/** The same options as a manifest has them. Each but `notify` is also a flag. */
export const RUN_BLOCK = object('the options', {
  ...CHOSEN,
  deadline: optional(
    text((duration) => durationMs(duration) !== undefined, {
      ...DEADLINE,
      example: '50h',
      json: { pattern: DURATION_PATTERN.source, examples: ['50h', '90m', '30s'] },
    }),
    { description: `${DEADLINE_DESCRIPTION}.`, default: '50h' },
  ),
  notify: optional(NOTIFY, NOTIFIED),
});

export type RunBlock = Infer<typeof RUN_BLOCK>;

/** Options that the store keeps for a batch, so that each retry of it is run in the same way. */
export const RUN_OPTIONS = [
  'labels',
  'maxCostUsd',
  'approveAboveUsd',
  'maxRounds',
  'deadlineMs',
  'onUnknownSubmit',
  'notify',
] as const satisfies readonly (keyof BatchOptions)[];
/** See {@link RUN_OPTIONS}. */
export type RunOptions = Partial<Pick<BatchOptions, (typeof RUN_OPTIONS)[number]>>;
