import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { HummingbatchError } from './contract/errors.ts';
import { areNotifyTargets, NOTIFY_RULE, type NotifyTarget } from './contract/notify.ts';
import { parseUrl } from './contract/url.ts';
import { durationMs } from './manifest/duration.ts';
import { suggestName } from './manifest/suggest.ts';
import { isWebhookSecret } from './webhooks/index.ts';

/** What the environment says, `.env` beneath it. An empty value counts as none. */
export type Environment = Readonly<Record<string, string>>;

/** What steers hummingbatch on this machine, checked: flags over environment over `.env` over `hummingbatch.yaml`. */
export interface Config {
  /** The folder that relative paths are relative to. */
  cwd: string;
  /** For Temporal's own variables, and for the programs that are started. Holds secrets: never print it. */
  env: Environment;
  /** A secret: it goes into the header of calls to Gemini and nowhere else. */
  apiKey?: string;
  /** Secrets: with one of them Google signs the events that it sends here. Several while one is being replaced. */
  geminiWebhookSecrets?: string[];
  /** Unset: Google's. */
  geminiUrl?: string;
  /** An absolute folder, or a URL; unset: to be looked for. */
  store?: string;
  /** Unset: the default queue of a configured Temporal, the store's own with a brought one. */
  taskQueue?: string;
  /** The shortest time between two status checks, ms. */
  checkIntervalMs?: number;
  /** How long a new job may stay unseen in LIST, ms. */
  submitWindowMs?: number;
  /** Where a worker serves its metrics, `host:port`; unset: nowhere. */
  metrics?: string;
  /** Where the HTTP API listens, `host:port`; unset: a port of loopback. */
  apiListen?: string;
  /** Requests that a caller of the HTTP API may make in a minute. */
  apiRequestsPerMinute?: number;
  /** `NAME=TOKEN,…` of the HTTP API. A secret: never print it. */
  apiTokens?: string;
  /** How a worker writes its log; unset: for people on a terminal, else as JSON. */
  log?: LogStyle;
  /** Who is told by webhook of every batch that is started here and does not say otherwise itself. */
  notify?: readonly NotifyTarget[];
  /** Hosts, `host` or `host:port`, to which a worker's webhooks may go though they are private or without TLS. */
  webhookHosts?: readonly string[];
}

export const LOG_STYLES = ['json', 'pretty'] as const;
export type LogStyle = (typeof LOG_STYLES)[number];

export interface ConfigSources {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** What flags say. */
  store?: string | undefined;
  listen?: string | undefined;
  metrics?: string | undefined;
  log?: string | undefined;
}

const FILE = 'hummingbatch.yaml';

const text = z.string().min(1, 'must not be empty');
const duration = text.refine((value) => durationMs(value) !== undefined, 'must be a duration such as 30s');
const address = text.refine(
  (value) => hostAndPort(value),
  'must be a host and a port such as 127.0.0.1:9464',
);
const wholeNumber = z.coerce.string().regex(/^[1-9]\d{0,8}$/, 'must be a whole number, 1 or more');
const style = z.enum(LOG_STYLES, { error: `must be ${LOG_STYLES.join(' or ')}` });
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
// As a whole, so that nothing of it is quoted.
const targets = z.custom<readonly NotifyTarget[]>(areNotifyTargets, `must be ${NOTIFY_RULE}`);
const hosts = z.custom<readonly string[]>(
  (value) => Array.isArray(value) && value.every(isHost),
  'must be a list of hosts such as shop.internal:8080',
);

/**
 * What can be set in the file, and where the environment says the same; `fromText` where a variable's text is not the value.
 * Secrets have no place in a file that is shared.
 */
const SETTINGS = {
  geminiUrl: { schema: url, variable: 'HUMMINGBATCH_GEMINI_URL' },
  store: { schema: text, variable: 'HUMMINGBATCH_STORE' },
  taskQueue: { schema: text, variable: 'HUMMINGBATCH_TASK_QUEUE' },
  checkInterval: { schema: duration, variable: 'HUMMINGBATCH_CHECK_INTERVAL' },
  submitWindow: { schema: duration, variable: 'HUMMINGBATCH_SUBMIT_WINDOW' },
  apiListen: { schema: address, variable: 'HUMMINGBATCH_API_LISTEN' },
  apiRequestsPerMinute: { schema: wholeNumber, variable: 'HUMMINGBATCH_API_REQUESTS_PER_MINUTE' },
  metrics: { schema: address, variable: 'HUMMINGBATCH_METRICS' },
  log: { schema: style, variable: 'HUMMINGBATCH_LOG' },
  notify: { schema: targets, variable: 'HUMMINGBATCH_NOTIFY', fromText: parseJson },
  webhookHosts: { schema: hosts, variable: 'HUMMINGBATCH_WEBHOOK_HOSTS', fromText: splitList },
} as const satisfies Record<string, SettingRule>;

interface SettingRule {
  schema: z.ZodType;
  variable: string;
  fromText?: (text: string) => unknown;
}

type Setting = keyof typeof SETTINGS;
type Settings = { [Name in Setting]?: z.infer<(typeof SETTINGS)[Name]['schema']> };

const NAMES = Object.keys(SETTINGS) as Setting[];
const fileSchema = z
  .strictObject(Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name].schema.optional()])))
  .nullable();

/**
 * Reads and checks everything that configures this machine.
 *
 * @throws `usage` naming the variable, or file, line and column of the first thing that is wrong
 */
export async function loadConfig({ cwd, env: own, store, ...flags }: ConfigSources): Promise<Config> {
  const env = { ...present(await dotEnv(cwd)), ...present(own) };
  const settings = { ...(await fromFile(cwd)), ...fromEnvironment(env, cwd) };
  const { geminiUrl, taskQueue, checkInterval, submitWindow, notify, webhookHosts } = settings;
  const { apiRequestsPerMinute } = settings;
  const metrics = flagged('metrics', '--metrics', flags.metrics) ?? settings.metrics;
  const apiListen = flagged('apiListen', '--listen', flags.listen) ?? settings.apiListen;
  const log = flagged('log', '--log', flags.log) ?? settings.log;
  const place = store === undefined ? settings.store : placeFrom(cwd, store);
  const apiKey = env['GEMINI_API_KEY'];
  const apiTokens = env['HUMMINGBATCH_API_TOKENS'];
  const geminiWebhookSecrets = webhookSecretsIn(env);
  return {
    cwd,
    env,
    ...(apiKey && { apiKey }),
    ...(geminiWebhookSecrets && { geminiWebhookSecrets }),
    ...(geminiUrl && { geminiUrl }),
    ...(place && { store: place }),
    ...(taskQueue && { taskQueue }),
    ...(checkInterval && { checkIntervalMs: durationMs(checkInterval) as number }),
    ...(submitWindow && { submitWindowMs: durationMs(submitWindow) as number }),
    ...(apiListen && { apiListen }),
    ...(apiRequestsPerMinute && { apiRequestsPerMinute: Number(apiRequestsPerMinute) }),
    ...(apiTokens && { apiTokens }),
    ...(metrics && { metrics }),
    ...(log && { log }),
    ...(notify && { notify }),
    ...(webhookHosts && { webhookHosts }),
  };
}

const WEBHOOK_SECRET = 'HUMMINGBATCH_GEMINI_WEBHOOK_SECRET';

function webhookSecretsIn(env: Environment): string[] | undefined {
  const secrets = env[WEBHOOK_SECRET]?.split(',').map((secret) => secret.trim());
  // What it is instead is not said: it may be another secret.
  if (secrets && !secrets.every(isWebhookSecret))
    throw invalid(
      WEBHOOK_SECRET,
      'it must be what Google calls the signing secret, `whsec_…`, or several with commas',
    );
  return secrets;
}

/** A host and a port, `[::1]:9464` too; undefined where it is none. */
export function hostAndPort(text: string): { host: string; port: number } | undefined {
  const { host = '', port } = /^\[?(?<host>[\w.:-]+?)\]?:(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const number = Number(port);
  return host && number > 0 && number < 65_536 ? { host, port: number } : undefined;
}

/** A host, with a port or without, and nothing behind it. */
function isHost(value: unknown): boolean {
  return (
    typeof value === 'string' && /^[^\s/@?#\\]+$/.test(value) && parseUrl(`http://${value}`) !== undefined
  );
}

function splitList(text: string): string[] {
  return text.split(',').map((entry) => entry.trim());
}

/** What is no JSON is undefined, which no schema takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a flag says, checked as its setting is. */
function flagged<Name extends Setting>(
  name: Name,
  flag: string,
  value: string | undefined,
): Settings[Name] | undefined {
  if (value === undefined) return undefined;
  const checked = SETTINGS[name].schema.safeParse(value);
  if (checked.success) return checked.data as Settings[Name];
  throw invalid(flag, `it ${checked.error.issues[0]?.message}`);
}

function present(variables: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

async function dotEnv(cwd: string): Promise<NodeJS.Dict<string>> {
  return parseEnv((await readText(join(cwd, '.env'))) ?? '');
}

function fromEnvironment(env: Environment, cwd: string): Settings {
  const said = NAMES.flatMap((name) => {
    const { schema, variable, fromText = String }: SettingRule = SETTINGS[name];
    const text = env[variable];
    if (text === undefined) return [];
    const checked = schema.safeParse(fromText(text));
    if (!checked.success) throw invalid(variable, `it ${checked.error.issues[0]?.message}`);
    return [[name, name === 'store' ? placeFrom(cwd, text) : checked.data]];
  });
  return Object.fromEntries(said);
}

async function fromFile(cwd: string): Promise<Settings> {
  const file = await findUpward(cwd, FILE);
  const content = file && (await readText(file));
  if (!file || content === undefined) return {};
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw invalid(at(broken.pos[0]), broken.message.split('\n')[0] ?? broken.code);

  const checked = fileSchema.safeParse(document.toJS());
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0];
    const where = at(findOffset(document.contents, String(field)));
    if (issue?.code !== 'unrecognized_keys') throw invalid(where, `${String(field)} ${issue?.message}`);
    throw invalid(where, `there is no setting "${String(field)}"`, adviceFor(String(field)));
  }
  const settings = { ...checked.data } as Settings;
  return settings.store ? { ...settings, store: placeFrom(dirname(file), settings.store) } : settings;
}

function findOffset(contents: unknown, field: string): number {
  if (!isMap(contents)) return 0;
  const pair = contents.items.find(({ key }) => isScalar(key) && String(key.value) === field);
  return (isScalar(pair?.key) && pair.key.range?.[0]) || 0;
}

function adviceFor(field: string): string {
  if (/secret/i.test(field))
    return `Secrets belong in the environment or in \`.env\`: HUMMINGBATCH_WEBHOOK_SECRETS, ${WEBHOOK_SECRET}.`;
  if (/key|token/i.test(field)) return 'Keys belong in the environment or in `.env`: GEMINI_API_KEY.';
  return suggestName(field, NAMES) ?? `There are ${NAMES.join(', ')}.`;
}

function invalid(where: string, why: string, fix = 'Mend it, or remove it to get the default.') {
  return new HummingbatchError('usage', `${where}: ${why}.`, { fix });
}

/** A URL stays as it is; a folder becomes absolute. */
function placeFrom(folder: string, place: string): string {
  return /^[a-z0-9]+:\/\//i.test(place) ? place : resolve(folder, place);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new HummingbatchError('usage', `${file} cannot be read.`, { cause: error });
  }
}

/** The nearest of a name, from a folder upward to the root. */
export async function findUpward(from: string, name: string): Promise<string | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (await isThere(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    // Not there, or behind a folder that we may not look into: both are none of ours.
    () => false,
  );
}
