import { z } from 'zod';
import {
  BATCH_ID_PATTERN,
  type BatchOptions,
  DEFAULT_OPTIONS,
  FLAGS,
  type ImageBatchInput,
  isBatchId,
  isLabel,
  isScheduleName,
  isSecretName,
  isWebhookUrl,
  MAX_LABELS,
  MAX_NOTIFY_TARGETS,
  MAX_RETRY_KEYS,
  MAX_SCHEDULE_NAME,
  MAX_TIME_MS,
  MAX_WEBHOOK_URL_CHARACTERS,
  type NotifyTarget,
  ON_UNKNOWN_SUBMIT,
  OUTCOMES,
  type RetryRequest,
  type ScheduledBatchInput,
} from '../contract/index.ts';

/*
 * What a batch is started with. Unknown fields are refused, as the workflow refuses them. Patterns are such as every language's
 * regular expressions know: no classes of Unicode (Python), no looking ahead (Go).
 */

/** Names that are devices of Windows. */
const DEVICES = { pattern: '^(con|prn|aux|nul|com[0-9]|lpt[0-9])$' };

const batchId = z.string().refine(isBatchId).meta({
  description: 'Lower-case ASCII letters, digits and `-`, at most 60 characters, no device of Windows.',
  pattern: BATCH_ID_PATTERN.source,
  not: DEVICES,
});

function manifestAt(uri: { description: string; pattern?: string }) {
  return z.strictObject({
    uri: z.string().meta(uri),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({ description: 'Of its bytes, lower-case hex.' }),
  });
}

const usd = (description: string) => z.number().min(0).meta({ description });

function time(name: keyof BatchOptions, what: string) {
  const meta = { description: `${what}, ms.`, default: DEFAULT_OPTIONS[name] };
  return z.int().min(0).max(MAX_TIME_MS).optional().meta(meta);
}

const label = z.string().refine(isLabel).meta({
  description:
    '1 to 63 letters or digits of any script, `.`, `_`, `:`, `=`, `/`, `@`, `-`; the first a letter or digit.',
  pattern: '^([A-Za-z0-9]|[^\\x00-\\x7f])([A-Za-z0-9._:=/@-]|[^\\x00-\\x7f]){0,62}$',
});

const notifyTarget = z
  .strictObject({
    url: z.string().refine(isWebhookUrl).meta({
      description:
        '`https://…`, or `http://…` for a host that the worker’s operator has named; without user and password. In clear, so no secret in it.',
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/\\s]\\S*$',
      maxLength: MAX_WEBHOOK_URL_CHARACTERS,
    }),
    secretRef: z
      .string()
      .refine(isSecretName)
      .meta({
        description: 'The name of the secret that signs, as the worker knows it; never the secret.',
        pattern: '^[A-Za-z0-9_-]{1,60}$',
        not: { pattern: '^whsec_' },
      }),
  })
  .meta({
    id: 'NotifyTarget',
    description: 'Somebody who is told of the batch.',
  }) satisfies z.ZodType<NotifyTarget>;

const options = z
  .strictObject({
    store: z.string().optional().meta({
      description:
        'The id in the store’s `store.json`; a worker with another store leaves the batch alone. Default: the first worker’s.',
    }),
    endpoint: z.string().optional().meta({
      description:
        'Gemini’s base URL; a worker that talks to another leaves the batch alone. Default: the first worker’s.',
    }),
    labels: z.array(label).max(MAX_LABELS).optional().meta({ description: 'What the batch is found by.' }),
    maxCostUsd: usd('What the batch may cost over all rounds, USD. Default: no limit.').optional(),
    approveAboveUsd: usd(
      'Above this estimate the batch waits for `approve`, USD. Default: it never waits.',
    ).optional(),
    maxRounds: z.int().min(0).optional().meta({
      description: 'Rounds in all, the first included.',
      default: DEFAULT_OPTIONS.maxRounds,
    }),
    deadlineMs: time(
      'deadlineMs',
      'The longest that a job may take before it is cancelled and its rest tried again',
    ),
    onUnknownSubmit: z.enum(ON_UNKNOWN_SUBMIT).optional().meta({
      description:
        'When nobody can say whether a submission made a job: look again and then make another (reconcile), or ask a person (park).',
      default: DEFAULT_OPTIONS.onUnknownSubmit,
    }),
    notify: z
      .array(notifyTarget)
      .max(MAX_NOTIFY_TARGETS)
      .optional()
      .meta({ description: 'Who is told by webhook of its stops, its wait for approval and its end.' }),
    checkIntervalMs: time('checkIntervalMs', 'The shortest time between two checks of the job'),
    maxCheckIntervalMs: time('maxCheckIntervalMs', 'The longest time between two checks of the job'),
    submitWindowMs: time('submitWindowMs', 'How long a new job may stay unseen in Google’s list'),
  })
  .meta({
    id: 'BatchOptions',
    description: 'How the batch is run. It stays with it; nothing of it is read from the worker.',
  }) satisfies z.ZodType<Partial<BatchOptions>>;

const retry = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,60}$/)
      .meta({ description: 'Names the retry, so that the same one sent twice runs once.' }),
    uri: z.string().optional().meta({
      description: 'Key in the store of `{"outputs": ["hero#2"], "anew": false}`; wins over a choice.',
    }),
    keys: z
      .array(z.string())
      .max(MAX_RETRY_KEYS)
      .optional()
      .meta({ description: 'Keys (`hero`) or outputs (`hero#2`).' }),
    outcomes: z
      .array(z.enum(OUTCOMES))
      .max(OUTCOMES.length)
      .optional()
      .meta({ description: 'Outputs with one of these.' }),
    flags: z
      .array(z.enum(FLAGS))
      .max(FLAGS.length)
      .optional()
      .meta({ description: 'Images that carry one of these.' }),
  })
  .meta({
    id: 'RetryRequest',
    description: 'Which outputs to make again. Nothing named: all that is no image, refused excepted.',
  }) satisfies z.ZodType<RetryRequest>;

export const imageBatchInput = z
  .strictObject({
    batchId,
    manifest: manifestAt({
      description: 'Its key in the store: `batches/<batch id>/manifest.json`.',
      pattern: '^batches/[a-z0-9-]{1,60}/manifest\\.json$',
    })
      .optional()
      .meta({
        description:
          'The manifest, which lies in the store before the start. Left out for a batch that was begun before.',
      }),
    options: options.optional(),
    retry: retry.optional().meta({ description: 'Of an ended batch: only these outputs, as a new run.' }),
  })
  .meta({
    id: 'ImageBatchInput',
    description: 'The one argument of the workflow `imageBatch`, whose id is `image-batch/<batch id>`.',
  }) satisfies z.ZodType<ImageBatchInput>;

export const scheduledBatchInput = z
  .strictObject({
    schedule: z
      .string()
      .refine(isScheduleName)
      .meta({
        description: `The schedule’s name, which begins the ids of its batches: lower-case ASCII letters, digits and \`-\`, at most ${MAX_SCHEDULE_NAME} characters.`,
        pattern: BATCH_ID_PATTERN.source,
        maxLength: MAX_SCHEDULE_NAME,
        not: DEVICES,
      }),
    manifest: manifestAt({ description: 'Its key in the store.' }).meta({
      description: 'The schedule’s own manifest in the store; each batch gets a copy.',
    }),
    options: options.optional(),
  })
  .meta({
    id: 'ScheduledBatchInput',
    description: 'The one argument of the workflow `scheduledBatch`, the same at each firing of a schedule.',
  }) satisfies z.ZodType<ScheduledBatchInput>;
