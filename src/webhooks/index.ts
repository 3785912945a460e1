/** Standard Webhooks: secrets, signing and verifying. https://www.standardwebhooks.com */
export { type ReceivedEvent, verifyWebhook } from './event.ts';
export { isWebhookSecret, readSecrets, type WebhookSecrets } from './secret.ts';
export { SIGNATURE_HEADERS, type SignedRequest, sign, verifySignature } from './signature.ts';
