import { createHash } from 'node:crypto';
import { HummingbatchError } from '../contract/errors.ts';

/**
 * Refuses a key that cannot stand in a header, because the error that fetch would throw quotes it.
 *
 * @throws `key-invalid`
 */
export function checkKey(apiKey: string): void {
  if (!/^[\x21-\x7e]*$/.test(apiKey)) {
    throw new HummingbatchError(
      'key-invalid',
      'The key for the Gemini API holds a space, a line end or another character that no key has.',
      { fix: 'Set GEMINI_API_KEY again, with nothing before and behind the key.' },
    );
  }
}

/** What Google answers, without the key: some refusals quote it ("Consumer 'api_key:…' has been suspended"). */
export function withoutKey(text: string, apiKey: string): string {
  return apiKey === '' ? text : text.replaceAll(apiKey, '[key]');
}

/**
 * Tells two keys apart and nothing more: 48 bits of a hash, from which no key of Google's (some 200 random bits) can be
 * found. It stands in histories, the key itself never does.
 */
export function keyFingerprint(apiKey: string): string {
  return createHash('sha256').update(`hummingbatch ${apiKey}`).digest('hex').slice(0, 12);
}
