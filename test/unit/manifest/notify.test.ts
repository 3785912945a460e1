import { describe, expect, test } from 'vitest';
import { buildManifest, listProblems, yamlWith } from './support.ts';

const ONE = '  - { key: a, prompt: x }\n';
const withNotify = (notify: string) => yamlWith(ONE, `run:\n  notify: ${notify}\n`);
const LONG = `https://shop.example/${'a'.repeat(2048)}`;

describe('the targets of a manifest', () => {
  test('are taken as they stand', () => {
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

  test('may be none, which is said', () => {
    expect(buildManifest(withNotify('[]')).run.notify).toEqual([]);
  });

  test.each([
    ['a user and a password', 'https://user:hunter2@shop.example/hooks'],
    ['a user', 'https://hunter2@shop.example/hooks'],
    ['another scheme', 'ftp://shop.example/hunter2'],
    ['no scheme', 'shop.example/hunter2'],
    ['no host', 'https:///hunter2'],
    ['a space', 'https://shop.example/hunter2 x'],
    ['too much', LONG],
  ])('are refused with %s in their URL, and nothing of it is shown', (_, url) => {
    const problems = listProblems(withNotify(`[{ url: "${url}", secretRef: shop }]`));
    expect(problems).toMatchObject([{ code: 'wrong-value', line: 4, fix: expect.stringContaining('https') }]);
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|aaaa/);
  });

  test.each(['whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', 'my shop', '', 'a'.repeat(61), 'shop=1'])(
    'are refused with %j for the name of a secret, which is not shown',
    (name) => {
      const problems = listProblems(withNotify(`[{ url: https://shop.example, secretRef: "${name}" }]`));
      expect(problems).toMatchObject([
        { code: 'wrong-value', fix: expect.stringContaining('HUMMINGBATCH_WEBHOOK_SECRETS') },
      ]);
      if (name) expect(JSON.stringify(problems)).not.toContain(name);
    },
  );

  test('are at most five', () => {
    const targets = Array(6).fill('{ url: https://shop.example, secretRef: shop }').join(', ');
    expect(listProblems(withNotify(`[${targets}]`))).toMatchObject([
      { code: 'wrong-value', fix: expect.stringContaining('at most 5') },
    ]);
  });

  test('have their fields, and their mistakes a proposal', () => {
    expect(listProblems(withNotify('[{ url: https://shop.example, secret: shop }]'))).toMatchObject([
      { code: 'missing-field', message: '"secretRef" is missing.' },
      { code: 'unknown-field', message: 'There is no field "secret" in an entry of "notify".' },
    ]);
    expect(listProblems(withNotify('[{ urll: https://shop.example, secretRef: shop }]'))).toContainEqual(
      expect.objectContaining({ code: 'unknown-field', fix: 'Did you mean "url"?' }),
    );
  });
});
