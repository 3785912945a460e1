import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../files/files.ts';
import { openRecords } from '../files/records.ts';

/** A static webhook: an endpoint that gets the events of the whole project. */
export interface WebhookRecord {
  /** 36 lower-case letters and digits. */
  id: string;
  name?: string;
  uri: string;
  subscribedEvents: readonly string[];
  /** ms since 1970. Events from before are not sent. */
  createTime: number;
  /** `whsec_` and base64. */
  secret: string;
}

export type NewWebhook = Pick<WebhookRecord, 'name' | 'uri' | 'subscribedEvents'>;

export type Webhooks = Awaited<ReturnType<typeof openWebhooks>>;

export async function openWebhooks(directory: string, now: () => number) {
  const records = await openRecords<WebhookRecord>(directory);
  // In memory too: the sender asks ten times a second, and reading the folder cost a tenth of a core with ten emulators.
  const known = new Map((await records.all()).map((webhook) => [webhook.id, webhook]));
  return {
    find: (id: string) => known.get(id),
    all: () => [...known.values()],

    async add(webhook: NewWebhook): Promise<WebhookRecord> {
      // 24 bytes: the published example of a Google secret has no padding.
      const secret = `whsec_${randomBytes(24).toString('base64')}`;
      const record = { ...webhook, id: randomId(36), createTime: now(), secret };
      await records.put(record.id, record);
      known.set(record.id, record);
      return record;
    },

    async remove(id: string): Promise<void> {
      await rm(join(directory, `${id}.json`), { force: true });
      known.delete(id);
    },
  };
}

/** A webhook in Google's JSON: in snake_case, unlike the rest of the API, and with only the end of the secret. */
export function webhookResource(webhook: WebhookRecord): Record<string, unknown> {
  const { id, name, uri, subscribedEvents, createTime, secret } = webhook;
  const time = new Date(createTime).toISOString();
  return {
    id,
    ...(name !== undefined && { name }),
    uri,
    subscribed_events: subscribedEvents,
    state: 'enabled',
    create_time: time,
    update_time: time,
    signing_secrets: [{ truncated_secret: `whsec_...${secret.slice(-4)}` }],
  };
}
