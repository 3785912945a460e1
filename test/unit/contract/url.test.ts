import { expect, test } from 'vitest';
import { isWebhookUrl, parseOrigin } from '../../../src/contract/index.ts';

test('a host beyond ASCII is one however often it was asked', () => {
  const url = 'https://ä.example/hooks';
  const verdicts = new Set(Array.from({ length: 20_000 }, () => `${isWebhookUrl(url)} ${parseOrigin(url)}`));
  expect([...verdicts]).toEqual(['true https://xn--4ca.example']);
});

test('does not show a text that is not a URL', () => {
  expect(isWebhookUrl('https://a.example:99999')).toBe(false);
  expect(parseOrigin('nowhere')).toBe('an address that is not a URL');
});
