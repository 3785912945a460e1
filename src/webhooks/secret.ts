import { HummingbatchError, isSecretName } from '../contract/index.ts';

const SECRET = /^whsec_(?<base64>(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
/** The size that Standard Webhooks requires of a secret. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/**
 * Decodes a secret, `whsec_` and base64, into its key.
 *
 * @throws `usage`; the message does not show the secret
 */
export function decodeKey(secret: string): Buffer {
  const key = Buffer.from(SECRET.exec(secret)?.groups?.['base64'] ?? '', 'base64');
  // With an empty key anybody could sign.
  if (key.length === 0)
    throw new HummingbatchError('usage', 'A webhook secret is not in the format of Standard Webhooks.', {
      fix: 'Use `whsec_` followed by base64.',
    });
  return key;
}

/** Whether a text is a secret, of any length. */
export function isWebhookSecret(text: string): boolean {
  return text !== 'whsec_' && SECRET.test(text);
}

/**
 * The secrets of a worker by name. Several secrets of one name all sign, so that receivers can change from one to the
 * next.
 */
export type WebhookSecrets = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `shop=whsec_…,crm=whsec_…`.
 *
 * @param variable the variable that holds the text, for the error message
 * @throws `usage` with the number of the wrong entry; the message does not show its content
 */
export function readSecrets(text: string, variable: string): WebhookSecrets {
  const secrets = new Map<string, string[]>();
  for (const [index, entry] of text.split(',').entries()) {
    const { name = '', secret = '' } = /^\s*(?<name>[^=]*)=(?<secret>.*?)\s*$/s.exec(entry)?.groups ?? {};
    if (!isSecretName(name) || !isStrong(secret)) throw invalidEntry(variable, index);
    secrets.set(name, [...(secrets.get(name) ?? []), secret]);
  }
  return secrets;
}

function isStrong(secret: string): boolean {
  if (!SECRET.test(secret)) return false;
  const { length } = decodeKey(secret);
  return length >= MIN_BYTES && length <= MAX_BYTES;
}

function invalidEntry(variable: string, index: number): HummingbatchError {
  return new HummingbatchError(
    'usage',
    `${variable}: entry ${index + 1} is not a name and a Standard Webhooks secret.`,
    {
      fix: `Write name=whsec_…, separated by commas; \`echo "whsec_$(openssl rand -base64 32)"\` creates a secret (${MIN_BYTES} to ${MAX_BYTES} bytes).`,
    },
  );
}
