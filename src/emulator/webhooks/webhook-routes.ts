import { badField, Refusal } from '../http/envelope.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import { CREATE_WEBHOOK, WEBHOOK_EVENTS } from '../http/messages.ts';
import { paginate } from '../http/paging.ts';
import { readFields } from '../http/read-fields.ts';
import type { World } from '../world.ts';
import { type NewWebhook, type WebhookRecord, webhookResource } from './webhooks.ts';

/** Creates a webhook. Only this answer holds the whole secret. */
export async function createWebhook({ json }: Exchange, { webhooks }: World): Promise<Reply> {
  const made = await webhooks.add(checkWebhook(readFields(await json(), CREATE_WEBHOOK, '') as WebhookBody));
  return { json: { ...webhookResource(made), new_signing_secret: made.secret } };
}

interface WebhookBody {
  name?: string;
  uri?: string;
  subscribedEvents?: string[];
}

function checkWebhook({ name, uri, subscribedEvents = [] }: WebhookBody): NewWebhook {
  if (uri === undefined || !/^https?:\/\//.test(uri) || !isUrl(uri))
    throw badField('uri', '* Webhook.uri: must be a URL');
  if (subscribedEvents.length === 0)
    throw badField('subscribed_events', '* Webhook.subscribed_events: must not be empty');
  const unknown = subscribedEvents.find((event) => !WEBHOOK_EVENTS.includes(event));
  if (unknown !== undefined)
    throw badField('subscribed_events', `* Webhook.subscribed_events: unknown event "${unknown}"`);
  return { ...(name !== undefined && { name }), uri, subscribedEvents };
}

/** Not `URL.canParse`: in Node 20 it fails for hosts such as `ä.example` after some thousand calls. */
function isUrl(text: string): boolean {
  try {
    return new URL(text).host !== '';
  } catch {
    // The text is not a URL.
    return false;
  }
}

/** Lists webhooks. An empty list is `{}`. */
export async function listWebhooks({ query }: Exchange, { webhooks }: World): Promise<Reply> {
  const { entries, nextPageToken } = paginate(webhooks.all(), toCamelCase(query));
  return {
    json: {
      ...(entries.length > 0 && { webhooks: entries.map(webhookResource) }),
      ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
    },
  };
}

/** Google's clients send this service's parameters in snake_case. */
function toCamelCase(query: URLSearchParams): URLSearchParams {
  const size = query.get('page_size');
  const token = query.get('page_token');
  return new URLSearchParams({ ...(size && { pageSize: size }), ...(token && { pageToken: token }) });
}

export async function getWebhook({ params }: Exchange, world: World): Promise<Reply> {
  return { json: webhookResource(await requireWebhook(params, world)) };
}

export async function deleteWebhook({ params }: Exchange, world: World): Promise<Reply> {
  const { id } = await requireWebhook(params, world);
  await world.webhooks.remove(id);
  return { json: {} };
}

async function requireWebhook({ id = '' }: Exchange['params'], { webhooks }: World): Promise<WebhookRecord> {
  const webhook = webhooks.find(id);
  if (webhook) return webhook;
  throw new Refusal('NOT_FOUND', `Requested entity was not found: webhooks/${id}`);
}
