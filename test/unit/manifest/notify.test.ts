import { describe, expect, test } from 'vitest';
import { buildManifest, listProblems, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';
const withNotify = (notify: string) => yamlWith(ONE, `run:\n  notify: ${notify}\n`);
const LONG = `https://shop.example/${'a'.repeat(2048)}`;

describe('the notify targets of a manifest', () => {
  test('are kept unchanged', () => {
    const { run } = buildManifest(
      withNotify(
        '[{ url: https://shop.example/hooks?a=b, secretRef: shop }, { url: "http://crm:8080", secretRef: crm_2-x }]',
      ),
    );
    expect(run.notify).toEqual([
      { url: 'https://shop.example/hooks?a=b', secretRef: 'shop' },
      { url: 'http://crm:8080', secretRef: 'crm_2-x' },
    ]);
  });

  test('can be an empty list', () => {
    expect(buildManifest(withNotify('[]')).run.notify).toEqual([]);
  });

  test.each([
    ['a user and a password', 'https://user:hunter2@shop.example/hooks'],
    ['a user', 'https://hunter2@shop.example/hooks'],
    ['another scheme', 'ftp://shop.example/hunter2'],
    ['no scheme', 'shop.example/hunter2'],
    ['no host', 'https:///hunter2'],
    ['a space', 'https://shop.example/hunter2 x'],
    ['too many characters', LONG],
  ])('are refused for a URL with %s, without quoting it', (_, url) => {
    const problems = listProblems(withNotify(`[{ url: "${url}", secretRef: shop }]`));
    expect(problems).toMatchObject([
      {
        code: 'usage',
        line: 4,
        message: expect.stringMatching(/^notify\[0\]\.url must be an http/),
        fix: expect.stringContaining('https'),
      },
    ]);
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|aaaa/);
  });

  test.each(['whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', 'my shop', '', 'a'.repeat(61), 'shop=1'])(
    'are refused for %j as the name of a secret, without quoting it',
    (name) => {
      const problems = listProblems(withNotify(`[{ url: https://shop.example, secretRef: "${name}" }]`));
      expect(problems).toMatchObject([
        { code: 'usage', fix: expect.stringContaining('HUMMINGBATCH_WEBHOOK_SECRETS') },
      ]);
      if (name) expect(JSON.stringify(problems)).not.toContain(name);
    },
  );

  test('are limited to five', () => {
    const targets = Array(6).fill('{ url: https://shop.example, secretRef: shop }').join(', ');
    expect(listProblems(withNotify(`[${targets}]`))).toMatchObject([
      { code: 'usage', message: 'notify must be a list of at most 5 objects with url and secretRef.' },
    ]);
  });

  test('report missing and unknown fields, with a suggestion', () => {
    expect(listProblems(withNotify('[{ url: https://shop.example, secret: shop }]'))).toMatchObject([
      { code: 'usage', message: expect.stringMatching(/^notify\[0\]\.secretRef is missing/) },
      {
        code: 'usage',
        message: 'notify[0] must be an object with url and secretRef, and with no other field.',
      },
    ]);
    expect(listProblems(withNotify('[{ urll: https://shop.example, secretRef: shop }]'))).toContainEqual(
      expect.objectContaining({ code: 'usage', fix: 'Did you mean "url"?' }),
    );
  });
});
