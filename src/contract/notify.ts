import type { Cost, OutputCounts, Stop } from './progress.ts';
import { parseUrl } from './url.ts';
import type { BatchState } from './words.ts';

/** The type of the workflow that delivers one event to one target. */
export const NOTIFY_WORKFLOW_TYPE = 'notifyBatch';

/** Somebody who is told of a batch. */
export interface NotifyTarget {
  /** `https://…`, or `http://…` for a host that the worker's operator has named. See {@link isWebhookUrl}. */
  url: string;
  /** The name of the secret that signs, as the worker knows it; never the secret. See {@link isSecretName}. */
  secretRef: string;
}

/** The most targets of a batch. */
export const MAX_NOTIFY_TARGETS = 5;

/** Of a target's URL: it goes through the history several times, in the input of the batch and of its steps. */
export const MAX_WEBHOOK_URL_CHARACTERS = 2048;

/** What is told. */
export const WEBHOOK_EVENT_TYPES = ['batch.awaiting-approval', 'batch.stopped', 'batch.ended'] as const;
/**
 * `batch.awaiting-approval`: its price is above `approveAboveUsd`. `batch.stopped`: it needs attention. `batch.ended`: it
 * is over, and its state says how.
 */
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** What a receiver gets as JSON: thin, without prompts or images; whoever wants more asks for the batch. */
export interface WebhookEvent {
  /** A later version may have more: leave alone what you do not know. */
  type: WebhookEventType;
  /** When it happened, ISO 8601 in UTC. The same in each delivery. */
  timestamp: string;
  data: {
    batchId: string;
    state: BatchState;
    outputs: OutputCounts;
    costUsd: Cost;
    /** Why it stands still or has failed, and what to do; only then. */
    stop?: Stop;
  };
}

/** What {@link areNotifyTargets} asks for, behind "must be". It quotes nothing: what is wrong may hold a secret. */
export const NOTIFY_RULE = `a list of at most ${MAX_NOTIFY_TARGETS} {url, secretRef}, each an http or https URL without user and password and the name of a secret`;

/** Whether a value from outside is a list of targets. */
export function areNotifyTargets(value: unknown): value is readonly NotifyTarget[] {
  return Array.isArray(value) && value.length <= MAX_NOTIFY_TARGETS && value.every(isNotifyTarget);
}

/** Whether a value from outside is a target, and nothing besides. */
export function isNotifyTarget(value: unknown): value is NotifyTarget {
  if (typeof value !== 'object' || value === null) return false;
  const { url, secretRef, ...more } = value as Record<string, unknown>;
  const isText = typeof url === 'string' && typeof secretRef === 'string';
  return isText && isWebhookUrl(url) && isSecretName(secretRef) && Object.keys(more).length === 0;
}

/** An http or https URL of at most {@link MAX_WEBHOOK_URL_CHARACTERS}, without user and password. Whether it may be called is the worker's to say. */
export function isWebhookUrl(text: string): boolean {
  // `https:host` and `https:/host` parse too, as what nobody meant.
  if (text.length > MAX_WEBHOOK_URL_CHARACTERS || !/^https?:\/\/[^/]\S*$/i.test(text)) return false;
  const url = parseUrl(text);
  return url !== undefined && url.username === '' && url.password === '';
}

/** The form of every secret of Standard Webhooks: who writes one where a name belongs has mixed them up. */
const SECRET_PREFIX = 'whsec_';

/** 1 to 60 letters, digits, `-` and `_`; not what begins like a secret itself. */
export function isSecretName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,60}$/.test(text) && !text.startsWith(SECRET_PREFIX);
}

/** All of a URL that may be shown: its path and query may be a secret. */
export function parseOrigin(url: string): string {
  return parseUrl(url)?.origin ?? 'an address that is none';
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/**
 * How a delivery is tried again: after 5 s, 30 s, 3 min, 18 min, 1.8 h, and then each 10 h, 13 tries in three days. What
 * Standard Webhooks advises, as near as one rule of Temporal's comes to it.
 */
export const DELIVERY_RETRY = {
  initialInterval: 5 * SECOND,
  backoffCoefficient: 6,
  maximumInterval: 10 * HOUR,
  maximumAttempts: 13,
} as const;

/** How long that rule waits after an attempt, ms. */
export function deliveryPauseMs(attempt: number): number {
  const { initialInterval, backoffCoefficient, maximumInterval } = DELIVERY_RETRY;
  return Math.min(maximumInterval, initialInterval * backoffCoefficient ** (attempt - 1));
}
