import { HummingbatchError, isSecretName } from '../contract/index.ts';

const SECRET = /^whsec_(?<base64>(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
/** What Standard Webhooks asks of a secret. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/**
 * The key in a secret, `whsec_` and base64.
 *
 * @throws `usage`, which does not show it
 */
export function decodeKey(secret: string): Buffer {
  const key = Buffer.from(SECRET.exec(secret)?.groups?.['base64'] ?? '', 'base64');
  // An empty key would let anybody sign.
  if (key.length === 0)
    throw new HummingbatchError('usage', 'A webhook secret is no secret of Standard Webhooks.', {
      fix: 'It is `whsec_` and base64.',
    });
  return key;
}

/** Whether a text is a secret, of whatever length its sender chose. */
export function isWebhookSecret(text: string): boolean {
  return text !== 'whsec_' && SECRET.test(text);
}

/** The secrets of a worker by name; several of one name sign together, so that receivers can change from one to the next. */
export type WebhookSecrets = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `shop=whsec_…,crm=whsec_…`.
 *
 * @param variable where it stands, to name it
 * @throws `usage` saying which entry is wrong and nothing of what it holds
 */
export function readSecrets(text: string, variable: string): WebhookSecrets {
  const secrets = new Map<string, string[]>();
  for (const [index, entry] of text.split(',').entries()) {
    const { name = '', secret = '' } = /^\s*(?<name>[^=]*)=(?<secret>.*?)\s*$/s.exec(entry)?.groups ?? {};
    if (!isSecretName(name) || !isStrong(secret)) throw malformed(variable, index);
    secrets.set(name, [...(secrets.get(name) ?? []), secret]);
  }
  return secrets;
}

function isStrong(secret: string): boolean {
  if (!SECRET.test(secret)) return false;
  const { length } = decodeKey(secret);
  return length >= MIN_BYTES && length <= MAX_BYTES;
}

function malformed(variable: string, index: number): HummingbatchError {
  return new HummingbatchError(
    'usage',
    `${variable}: entry ${index + 1} is no name with a secret of Standard Webhooks.`,
    {
      fix: `Write name=whsec_…, with commas between; \`echo "whsec_$(openssl rand -base64 32)"\` makes a secret (${MIN_BYTES} to ${MAX_BYTES} bytes).`,
    },
  );
}
