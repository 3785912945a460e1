import { createHmac, timingSafeEqual } from 'node:crypto';

/** A message as it came, by Standard Webhooks: what was signed, and the signatures that it brings. */
export interface SignedMessage {
  id: string;
  /** As the header spells it, seconds since 1970. */
  timestamp: string;
  body: Uint8Array;
  /** `v1,<base64> v1,<base64> …`: while a secret is being replaced the sender signs with both. */
  signatures: string;
}

/** Two while a secret is being replaced; a header full of them must not cost a hash each. */
const MOST_SIGNATURES = 8;

/** Whether one of the signatures was made with one of the keys. How far a wrong one is right shows in no time that it takes. */
export function isSigned(
  { id, timestamp, body, signatures }: SignedMessage,
  keys: readonly Uint8Array[],
): boolean {
  // As text: Node's base64 passes over what does not belong there.
  const given = signatures.split(' ', MOST_SIGNATURES).map((signature) => Buffer.from(signature));
  const expected = keys.map((key) => {
    const hash = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
    return Buffer.from(`v1,${hash.digest('base64')}`);
  });
  return expected.some((one) =>
    given.some((other) => other.length === one.length && timingSafeEqual(other, one)),
  );
}

/** The key of a secret, `whsec_` and base64; undefined for what is none. */
export function keyOf(secret: string): Uint8Array | undefined {
  const base64 = /^whsec_(?<base64>[A-Za-z0-9+/]+={0,2})$/.exec(secret)?.groups?.['base64'];
  const key = Buffer.from(base64 ?? '', 'base64');
  return key.length > 0 ? key : undefined;
}
