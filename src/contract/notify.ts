import type { WEBHOOK_EVENT } from './answers/webhook.ts';
import { isAccepted } from './check.ts';
import { hasLength, type Infer, list, object, text } from './rules.ts';
import { parseUrl } from './url.ts';

/** The type of the workflow that delivers one event to one target. */
export const NOTIFY_WORKFLOW_TYPE = 'notifyBatch';

/** The most targets of a batch. */
export const MAX_NOTIFY_TARGETS = 5;

/** Of a target's URL. The history holds it several times, in the inputs of the batch and of its steps. */
export const MAX_WEBHOOK_URL_CHARACTERS = 2048;

/** An http or https URL without user and password. The worker decides whether it may be called. */
export function isWebhookUrl(address: string): boolean {
  if (!hasLength(address, 1, MAX_WEBHOOK_URL_CHARACTERS)) return false;
  // `https:host` and `https:/host` parse too, as an address that nobody meant.
  if (!/^https?:\/\/[^/]\S*$/i.test(address)) return false;
  const url = parseUrl(address);
  return url !== undefined && url.username === '' && url.password === '';
}

/** The form of every secret of Standard Webhooks. One that stands where a name belongs was mixed up with it. */
const SECRET_PREFIX = 'whsec_';

/** Whether a text can be the name of a secret. */
export function isSecretName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,60}$/.test(name) && !name.startsWith(SECRET_PREFIX);
}

/** Where events of a batch are sent. What is wrong with it is never quoted: it may hold a secret. */
export const NOTIFY_TARGET = object(
  'a target of notify',
  {
    url: text(isWebhookUrl, {
      must: `an http or https URL without user and password, of at most ${MAX_WEBHOOK_URL_CHARACTERS} characters`,
      example: 'https://shop.example/hooks',
      description:
        '`https://…`, or `http://…` for a host that the worker’s operator has named; without user and password. It is stored in clear, so it must not hold a secret.',
      json: { pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/\\s]\\S*$', maxLength: MAX_WEBHOOK_URL_CHARACTERS },
    }),
    secretRef: text(isSecretName, {
      must: 'the name of a secret of the worker, 1 to 60 letters, digits, `-` and `_`, and not the secret itself',
      fix: 'Write the name of a secret that HUMMINGBATCH_WEBHOOK_SECRETS has at the worker.',
      description:
        'The name of the secret that signs, as HUMMINGBATCH_WEBHOOK_SECRETS has it at the worker; never the secret.',
      json: { pattern: '^[A-Za-z0-9_-]{1,60}$', not: { pattern: '^whsec_' } },
    }),
  },
  {
    id: 'NotifyTarget',
    description: 'A receiver of the batch’s webhooks.',
    must: 'an object with url and secretRef, and with no other field',
    isSecret: true,
  },
);

/** Where events of a batch are sent. */
export type NotifyTarget = Infer<typeof NOTIFY_TARGET>;

export const NOTIFY = list(NOTIFY_TARGET, {
  max: MAX_NOTIFY_TARGETS,
  must: `a list of at most ${MAX_NOTIFY_TARGETS} objects with url and secretRef`,
  example: [{ url: 'https://shop.example/hooks', secretRef: 'shop' }],
});

/** Whether a value from outside is a target. */
export function isNotifyTarget(value: unknown): value is NotifyTarget {
  return isAccepted(NOTIFY_TARGET, value);
}

/** What a receiver gets as JSON. It holds no prompts and no images; a receiver that wants more asks for the batch. */
export type WebhookEvent = Infer<typeof WEBHOOK_EVENT>;

/** The part of a URL that may be shown: its path and query may be a secret. */
export function parseOrigin(url: string): string {
  return parseUrl(url)?.origin ?? 'an address that is not a URL';
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/**
 * How a delivery is tried again: after 5 s, 30 s, 3 min, 18 min, 1.8 h, and then every 10 h, 13 tries in three days. It is as
 * near to the advice of Standard Webhooks as one retry policy of Temporal comes.
 */
export const DELIVERY_RETRY = {
  initialInterval: 5 * SECOND,
  backoffCoefficient: 6,
  maximumInterval: 10 * HOUR,
  maximumAttempts: 13,
} as const;

/** How long {@link DELIVERY_RETRY} waits after an attempt, ms. */
export function deliveryPauseMs(attempt: number): number {
  const { initialInterval, backoffCoefficient, maximumInterval } = DELIVERY_RETRY;
  return Math.min(maximumInterval, initialInterval * backoffCoefficient ** (attempt - 1));
}
