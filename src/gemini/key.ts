import { createHash } from 'node:crypto';
import { HummingbatchError } from '../contract/errors.ts';

/**
 * Rejects a key that cannot be sent in a header: the error that `fetch` throws for it would quote the key.
 *
 * @throws `key-invalid`
 */
export function checkKey(apiKey: string): void {
  if (!/^[\x21-\x7e]*$/.test(apiKey)) {
    throw new HummingbatchError(
      'key-invalid',
      'The Gemini API key contains a space, a line break or another character that no key has.',
      { fix: 'Set GEMINI_API_KEY again, with nothing before or after the key.' },
    );
  }
}

/** Removes the key from a text: some of Google's messages quote it ("Consumer 'api_key:…' has been suspended"). */
export function withoutKey(text: string, apiKey: string): string {
  return apiKey === '' ? text : text.replaceAll(apiKey, '[key]');
}

/**
 * A short hash of a key, to tell two keys apart: 48 bits, from which a key (about 200 random bits) cannot be found.
 * Histories hold this hash and never the key.
 */
export function keyFingerprint(apiKey: string): string {
  return createHash('sha256').update(`hummingbatch ${apiKey}`).digest('hex').slice(0, 12);
}
