import { expect, test } from 'vitest';
import { readSecrets } from '../../../src/webhooks/index.ts';

const makeSecret = (bytes: number, fill = 7) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;
const read = (text: string) => readSecrets(text, 'SECRETS');

test('finds secrets by name, several of one name in their order', () => {
  const [a, b, c] = [makeSecret(24, 1), makeSecret(32, 2), makeSecret(64, 3)];
  expect([...read(`shop=${a}, crm_2-x=${b},\nshop=${c}`)]).toEqual([
    ['shop', [a, c]],
    ['crm_2-x', [b]],
  ]);
});

test.each([
  ['without a name', makeSecret(32)],
  ['with an empty name', `=${makeSecret(32)}`],
  ['with a name that is none', `my shop=${makeSecret(32)}`],
  ['with a secret as its name', `whsec_abc=${makeSecret(32)}`],
  ['without a secret', 'shop='],
  ['with a secret of another form', 'shop=hunter2hunter2hunter2hunter2hunter2'],
  ['with a short secret', `shop=${makeSecret(23)}`],
  ['with a long secret', `shop=${makeSecret(65)}`],
  ['with base64 that is none', `shop=${makeSecret(32)}!`],
  ['behind a comma with nothing behind it', `shop=${makeSecret(32)},`],
])('an entry %s is refused, by its number and without a word of it', (_, entry) => {
  expect(() => read(`first=${makeSecret(32, 9)},${entry}`)).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringMatching(/^SECRETS: entry [23] is not a name and a Standard Webhooks secret/),
      fix: expect.not.stringMatching(/hunter2|Bwc|CQk/),
    }),
  );
});
