/** Messages of Standard Webhooks: their secrets, how they are signed, and how a receiver knows whose they are. */
export { type ReceivedEvent, verifyWebhook } from './event.ts';
export { isWebhookSecret, readSecrets, type WebhookSecrets } from './secret.ts';
export { SIGNATURE_HEADERS, type SignedRequest, sign, verifySignature } from './signature.ts';
