import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../../src/cli/config/config.ts';

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('configuration', () => {
  test('has no values of its own if nothing is set', async () => {
    const cwd = await folderWith({});
    expect(await loadConfig({ cwd, env: {} })).toEqual({ cwd, env: {} });
  });

  test('prefers flags to the environment, to .env, to hummingbatch.yaml', async () => {
    const cwd = await folderWith({
      'hummingbatch.yaml': 'store: from-file\ntaskQueue: from-file\ncheckInterval: 1h\nsubmitWindow: 2m\n',
      '.env':
        'HUMMINGBATCH_STORE=from-dotenv\nHUMMINGBATCH_TASK_QUEUE=from-dotenv\nHUMMINGBATCH_CHECK_INTERVAL=45s\nGEMINI_API_KEY=k\n',
    });
    const env = { HUMMINGBATCH_STORE: 'from-environment', HUMMINGBATCH_TASK_QUEUE: 'from-environment' };
    expect(await loadConfig({ cwd, env, store: 'from-flag' })).toMatchObject({
      store: join(cwd, 'from-flag'),
      taskQueue: 'from-environment',
      checkIntervalMs: 45_000,
      submitWindowMs: 120_000,
      apiKey: 'k',
    });
  });

  test('treats an empty variable as unset', async () => {
    const cwd = await folderWith({ '.env': 'GEMINI_API_KEY=k\n' });
    expect(await loadConfig({ cwd, env: { GEMINI_API_KEY: '' } })).toMatchObject({ apiKey: 'k' });
  });

  test('finds hummingbatch.yaml in a parent folder and resolves its paths there', async () => {
    const root = await folderWith({ 'hummingbatch.yaml': 'store: ./images\n' });
    const cwd = join(root, 'a', 'b');
    await mkdir(cwd, { recursive: true });
    expect((await loadConfig({ cwd, env: {} })).store).toBe(join(root, 'images'));
  });

  test('reads webhook secrets only from the environment and .env, and never quotes an invalid one', async () => {
    const [one, two] = [`whsec_${'A'.repeat(32)}`, 'whsec_YWI='];
    const cwd = await folderWith({ '.env': `HUMMINGBATCH_GEMINI_WEBHOOK_SECRET=${one}, ${two}\n` });
    expect((await loadConfig({ cwd, env: {} })).geminiWebhookSecrets).toEqual([one, two]);
    for (const wrong of ['other-secret', `${one},`, `${one} ${two}`, 'whsec_']) {
      const env = { HUMMINGBATCH_GEMINI_WEBHOOK_SECRET: wrong };
      const error: unknown = await loadConfig({ cwd, env }).catch((error: unknown) => error);
      expect(error).toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/^HUMMINGBATCH_GEMINI_WEBHOOK_SECRET: it must be/),
      });
      expect(JSON.stringify(error)).not.toContain(wrong === 'whsec_' ? two : wrong);
    }
    const inFile = await folderWith({ 'hummingbatch.yaml': `geminiWebhookSecret: ${one}\n` });
    await expect(loadConfig({ cwd: inFile, env: {} })).rejects.toMatchObject({
      code: 'usage',
      fix: expect.stringContaining('HUMMINGBATCH_GEMINI_WEBHOOK_SECRET'),
    });
  });

  test('keeps a URL as the store unchanged', async () => {
    const cwd = await folderWith({});
    expect((await loadConfig({ cwd, env: { HUMMINGBATCH_STORE: 's3://bucket/x' } })).store).toBe(
      's3://bucket/x',
    );
  });

  test.each([
    [
      'taskQueue: a\nstroe: x\n',
      /hummingbatch\.yaml:2:1: there is no setting "stroe"/,
      /Did you mean "store"/,
    ],
    ['checkInterval: soon\n', /:1:1: checkInterval must be a duration/, /default/],
    ['metrics: 9464\n', /:1:1: metrics /, /default/],
    ['metrics: "127.0.0.1:99999"\n', /:1:1: metrics must be a host and a port/, /default/],
    ['log: loud\n', /:1:1: log must be json or pretty/, /default/],
    ['geminiUrl: ftp://x\n', /:1:1: geminiUrl must be an http/, /default/],
    ['store: 2026\n', /:1:1: store must be a text/, /default/],
    ['taskQueue:\n', /:1:1: taskQueue must be a text/, /default/],
    ['- store\n', /:1:1: it must have one setting in each line/, /default/],
    ['store: [\n', /hummingbatch\.yaml:\d+:\d+: /, /default/],
  ])('refuses the file %j with line and column', async (text, message, fix) => {
    const cwd = await folderWith({ 'hummingbatch.yaml': text });
    await expect(loadConfig({ cwd, env: {} })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    });
  });

  test('refuses an API key in hummingbatch.yaml without quoting it', async () => {
    const cwd = await folderWith({ 'hummingbatch.yaml': 'apiKey: secret-value\n' });
    const error = await loadConfig({ cwd, env: {} }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'usage', fix: expect.stringContaining('GEMINI_API_KEY') });
    expect(JSON.stringify(error)).not.toContain('secret-value');
  });

  test('reads the metrics address and the log format, flags first', async () => {
    const cwd = await folderWith({ 'hummingbatch.yaml': 'metrics: "[::1]:9464"\nlog: json\n' });
    expect(await loadConfig({ cwd, env: {} })).toMatchObject({ metrics: '[::1]:9464', log: 'json' });
    const env = { HUMMINGBATCH_METRICS: 'localhost:9465', HUMMINGBATCH_LOG: 'pretty' };
    expect(await loadConfig({ cwd, env })).toMatchObject({ metrics: 'localhost:9465', log: 'pretty' });
    const flags = { metrics: '127.0.0.1:9466', log: 'json' };
    expect(await loadConfig({ cwd, env, ...flags })).toMatchObject(flags);
  });

  test.each([
    [{ metrics: '9464' }, /^--metrics: it must be a host and a port such as 127\.0\.0\.1:9464/],
    [{ metrics: 'localhost:0' }, /^--metrics: it must/],
    [{ log: 'xml' }, /^--log: it must be json or pretty/],
  ])('names the flag for the invalid value %j', async (flags, message) => {
    const cwd = await folderWith({});
    await expect(loadConfig({ cwd, env: {}, ...flags })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    });
  });

  const TARGETS = [{ url: 'https://shop.example/hooks', secretRef: 'shop' }];

  test('reads notify targets and private webhook hosts, the environment first', async () => {
    const cwd = await folderWith({
      'hummingbatch.yaml':
        'notify:\n  - { url: https://shop.example/hooks, secretRef: shop }\nwebhookHosts: [shop.internal:8080]\n',
    });
    expect(await loadConfig({ cwd, env: {} })).toMatchObject({
      notify: TARGETS,
      webhookHosts: ['shop.internal:8080'],
    });
    const env = { HUMMINGBATCH_NOTIFY: '[]', HUMMINGBATCH_WEBHOOK_HOSTS: 'crm, [::1]:9000' };
    expect(await loadConfig({ cwd, env })).toMatchObject({ notify: [], webhookHosts: ['crm', '[::1]:9000'] });
    const withTargets = { HUMMINGBATCH_NOTIFY: JSON.stringify(TARGETS) };
    expect(await loadConfig({ cwd, env: withTargets })).toMatchObject({ notify: TARGETS });
  });

  test.each([
    ['notify: https://user:hunter2@shop.example\n', /:1:1: notify must be a list of at most 5/],
    ['notify: [{ url: "https://shop.example", secretRef: whsec_hunter2 }]\n', /:1:1: notify must be/],
    ['notify: [{ url: "https://shop.example", secret: hunter2 }]\n', /:1:1: notify must be/],
    ['log: json\nwebhookHosts: shop.internal\n', /:2:1: webhookHosts must be a list of hosts/],
    ['webhookHosts: ["http://shop.internal"]\n', /:1:1: webhookHosts must be/],
    ['webhookHosts: ["hunter2@shop.internal"]\n', /:1:1: webhookHosts must be/],
    ['webhookSecrets: { shop: whsec_hunter2 }\n', /no setting "webhookSecrets"/],
  ])('refuses %j for webhooks without quoting it', async (text, message) => {
    const cwd = await folderWith({ 'hummingbatch.yaml': text });
    const error = await loadConfig({ cwd, env: {} }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  test.each([
    [{ HUMMINGBATCH_NOTIFY: 'https://user:hunter2@shop.example' }],
    [{ HUMMINGBATCH_NOTIFY: '{"url":"https://shop.example","secretRef":"hunter2"}' }],
    [{ HUMMINGBATCH_WEBHOOK_HOSTS: 'shop.internal,' }],
    [{ HUMMINGBATCH_WEBHOOK_HOSTS: 'shop.internal/hunter2' }],
  ])('names the variable of an invalid webhook setting without quoting it: %j', async (env) => {
    const cwd = await folderWith({});
    const error = await loadConfig({ cwd, env }).catch((thrown: Error) => thrown);
    const [name] = Object.keys(env);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(`${name}: it must be`) });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  test.each([
    'https://proxy:hunter2@gemini.example',
    'https://hunter2@gemini.example',
    'https://gemini.example/?token=hunter2',
    'hunter2.gemini.example',
  ])('refuses the secret in the URL of Gemini %s, names the variable and does not quote it', async (url) => {
    const cwd = await folderWith({});
    const fromVariable = loadConfig({ cwd, env: { HUMMINGBATCH_GEMINI_URL: url } });
    const inFile = await folderWith({ 'hummingbatch.yaml': `geminiUrl: "${url}"\n` });
    const fromFile = loadConfig({ cwd: inFile, env: {} });
    for (const [loading, where] of [
      [fromVariable, 'HUMMINGBATCH_GEMINI_URL: it'],
      [fromFile, 'hummingbatch.yaml:1:1: geminiUrl'],
    ] as const) {
      const error = await loading.catch((thrown: Error) => thrown);
      expect(error).toMatchObject({
        code: 'usage',
        message: expect.stringContaining(
          `${where} must be an http or https URL without user, password and query`,
        ),
      });
      expect(JSON.stringify(error)).not.toContain('hunter2');
    }
  });

  test('names the variable of an invalid duration', async () => {
    const cwd = await folderWith({});
    await expect(loadConfig({ cwd, env: { HUMMINGBATCH_SUBMIT_WINDOW: '90' } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('HUMMINGBATCH_SUBMIT_WINDOW'),
    });
  });
});
