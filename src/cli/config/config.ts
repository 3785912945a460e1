import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { durationMs } from '../../contract/duration.ts';
import type { NotifyTarget } from '../../contract/notify.ts';
import { isWebhookSecret } from '../../webhooks/index.ts';
import { readSettingsFile } from './file.ts';
import { readText } from './files.ts';
import { invalidSetting } from './invalid-setting.ts';
import { type LogStyle, parseFlag, parseVariables, resolveStore, type Settings } from './settings.ts';

/** The variables of the process, and below them those of `.env`. An empty value counts as unset. */
export type Environment = Readonly<Record<string, string>>;

/** The checked configuration of this machine: flags over environment over `.env` over `hummingbatch.yaml`. */
export interface Config {
  /** The folder that relative paths are relative to. */
  cwd: string;
  /** For Temporal's own variables, and for the programs that are started. Holds secrets: never print it. */
  env: Environment;
  /** A secret: it goes into the header of calls to Gemini and nowhere else. */
  apiKey?: string;
  /** Secrets with which Google signs the events that it sends here. Several while one is being replaced. */
  geminiWebhookSecrets?: string[];
  /** Unset: Google's. */
  geminiUrl?: string;
  /** An absolute folder, or a URL; unset: to be searched for. */
  store?: string;
  /** Unset: `hummingbatch` with a configured Temporal, the store's own queue with a managed dev server. */
  taskQueue?: string;
  /** The shortest time between two status checks, ms. */
  checkIntervalMs?: number;
  /** How long a new job may be missing from LIST, ms. */
  submitWindowMs?: number;
  /** Where a worker serves its metrics, `host:port`; unset: nowhere. */
  metrics?: string;
  /** Where the HTTP API listens, `host:port`; unset: a port of loopback. */
  apiListen?: string;
  /** How many requests a caller of the HTTP API may send in a minute. */
  apiRequestsPerMinute?: number;
  /** `NAME=TOKEN,…` of the HTTP API. A secret: never print it. */
  apiTokens?: string;
  /** How a worker writes its log; unset: pretty on a terminal, else JSON. */
  log?: LogStyle;
  /** Webhooks of every batch that is started here and names none itself. */
  notify?: readonly NotifyTarget[];
  /** Hosts, `host` or `host:port`, that a worker's webhooks may go to although they are private or without TLS. */
  webhookHosts?: readonly string[];
}

export interface ConfigSources {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** From flags. */
  store?: string | undefined;
  listen?: string | undefined;
  metrics?: string | undefined;
  log?: string | undefined;
}

/**
 * Reads and checks the configuration.
 *
 * @throws `usage` naming the variable, the flag, or file, line and column of the first problem
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { cwd } = sources;
  const env = { ...dropEmpty(await readDotEnv(cwd)), ...dropEmpty(sources.env) };
  const settings = mergeSettings(sources, await readSettingsFile(cwd), parseVariables(env));
  const { checkInterval, submitWindow, apiRequestsPerMinute, ...same } = settings;
  const apiKey = env['GEMINI_API_KEY'];
  const apiTokens = env['HUMMINGBATCH_API_TOKENS'];
  const geminiWebhookSecrets = readGeminiSecrets(env);
  return {
    cwd,
    env,
    ...same,
    ...(apiKey && { apiKey }),
    ...(geminiWebhookSecrets && { geminiWebhookSecrets }),
    ...(checkInterval && { checkIntervalMs: durationMs(checkInterval) as number }),
    ...(submitWindow && { submitWindowMs: durationMs(submitWindow) as number }),
    ...(apiRequestsPerMinute && { apiRequestsPerMinute: Number(apiRequestsPerMinute) }),
    ...(apiTokens && { apiTokens }),
  };
}

function mergeSettings(
  { cwd, store, listen, metrics, log }: ConfigSources,
  file: Settings,
  variables: Settings,
): Settings {
  const flags = {
    store,
    metrics: parseFlag('metrics', '--metrics', metrics),
    apiListen: parseFlag('apiListen', '--listen', listen),
    log: parseFlag('log', '--log', log),
  };
  const merged = { ...file, ...variables, ...dropUndefined(flags) };
  return merged.store === undefined ? merged : { ...merged, store: resolveStore(cwd, merged.store) };
}

const WEBHOOK_SECRET = 'HUMMINGBATCH_GEMINI_WEBHOOK_SECRET';

function readGeminiSecrets(env: Environment): string[] | undefined {
  const secrets = env[WEBHOOK_SECRET]?.split(',').map((secret) => secret.trim());
  // The value is not quoted: it may be another secret.
  if (secrets && !secrets.every(isWebhookSecret))
    throw invalidSetting(
      WEBHOOK_SECRET,
      'it must be what Google calls the signing secret, `whsec_…`, or several separated by commas',
    );
  return secrets;
}

async function readDotEnv(cwd: string): Promise<NodeJS.Dict<string>> {
  return parseEnv((await readText(join(cwd, '.env'))) ?? '');
}

function dropEmpty(variables: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

function dropUndefined(settings: { [Name in keyof Settings]: Settings[Name] | undefined }): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
