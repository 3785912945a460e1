import type { BatchOptions } from '../contract/index.ts';
import { buildBatchOptions } from '../host/batch-options.ts';
import type { ApiSettings, GeminiOptions, WebhookOptions } from '../host/index.ts';
import type { Store } from '../store/store.ts';
import { readSecrets } from '../webhooks/index.ts';
import type { Call } from './call.ts';
import type { Config } from './config/config.ts';

/** Secrets have no place in `hummingbatch.yaml`, which is shared. */
const SECRETS_VARIABLE = 'HUMMINGBATCH_WEBHOOK_SECRETS';

export function readGeminiOptions({ flags }: Call, { apiKey, geminiUrl }: Config): GeminiOptions {
  return { apiKey, geminiUrl, emulator: flags.emulator };
}

/** @throws `usage` where the secrets are malformed */
export function readWebhookOptions({ env, webhookHosts = [] }: Config): WebhookOptions {
  const text = env[SECRETS_VARIABLE];
  return { hosts: webhookHosts, ...(text && { secrets: readSecrets(text, SECRETS_VARIABLE) }) };
}

export function readApiSettings(config: Config): ApiSettings {
  return {
    listen: config.apiListen,
    tokens: config.apiTokens,
    requestsPerMinute: config.apiRequestsPerMinute,
    geminiWebhookSecrets: config.geminiWebhookSecrets,
  };
}

/** How batches that are started here are run, unless their manifest says otherwise. */
export function readBatchOptions(call: Call, config: Config, store: Store): Partial<BatchOptions> {
  return buildBatchOptions(store, readGeminiOptions(call, config), readRunOptions(config));
}

/** The part of {@link readBatchOptions} that this machine's configuration sets. */
export function readRunOptions({ checkIntervalMs, submitWindowMs, notify }: Config): Partial<BatchOptions> {
  return {
    ...(checkIntervalMs && { checkIntervalMs }),
    ...(submitWindowMs && { submitWindowMs }),
    ...(notify && { notify }),
  };
}
