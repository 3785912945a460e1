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
      'The key for the Gemini API holds characters that no key has.',
    );
  }
}

/** What Google answers, without the key: some refusals quote it ("Consumer 'api_key:…' has been suspended"). */
export function withoutKey(text: string, apiKey: string): string {
  return apiKey === '' ? text : text.replaceAll(apiKey, '[key]');
}
