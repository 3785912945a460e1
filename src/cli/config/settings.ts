import { resolve } from 'node:path';
import { z } from 'zod';
import { isAccepted } from '../../contract/check.ts';
import { durationMs } from '../../contract/duration.ts';
import { NOTIFY, type NotifyTarget } from '../../contract/notify.ts';
import { parseUrl } from '../../contract/url.ts';
import { parseHostAndPort } from '../../net/host-and-port.ts';
import { invalidSetting } from './invalid-setting.ts';

export const LOG_STYLES = ['json', 'pretty'] as const;
export type LogStyle = (typeof LOG_STYLES)[number];

const text = z.string().min(1, 'must not be empty');
const duration = text.refine((value) => durationMs(value) !== undefined, 'must be a duration such as 30s');
const address = text.refine(
  (value) => parseHostAndPort(value),
  'must be a host and a port such as 127.0.0.1:9464',
);
const wholeNumber = z.coerce.string().regex(/^[1-9]\d{0,8}$/, 'must be a whole number, 1 or more');
const style = z.enum(LOG_STYLES, { error: `must be ${LOG_STYLES.join(' or ')}` });
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
// Checked as a whole: a message about one field would quote its text.
const targets = z.custom<readonly NotifyTarget[]>(
  (value) => isAccepted(NOTIFY, value),
  `must be ${NOTIFY.must}`,
);
const hosts = z.custom<readonly string[]>(
  (value) => Array.isArray(value) && value.every(isHost),
  'must be a list of hosts such as shop.internal:8080',
);

interface SettingRule {
  schema: z.ZodType;
  variable: string;
  /** How a variable's text becomes the value; unset: the text is the value. */
  fromText?: (text: string) => unknown;
}

/** What can be set in `hummingbatch.yaml` and by a variable. Secrets are no settings: the file is shared. */
export const SETTINGS = {
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

export type SettingName = keyof typeof SETTINGS;
export type Settings = { [Name in SettingName]?: z.infer<(typeof SETTINGS)[Name]['schema']> };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** What a flag sets, checked as its setting is. @throws `usage` naming the flag */
export function parseFlag<Name extends SettingName>(
  name: Name,
  flag: string,
  value: string | undefined,
): Settings[Name] | undefined {
  if (value === undefined) return undefined;
  return parseSetting(name, flag, value);
}

/** @throws `usage` naming the variable */
export function parseVariables(env: Readonly<Record<string, string>>): Settings {
  const found = SETTING_NAMES.flatMap((name) => {
    const { variable, fromText = String }: SettingRule = SETTINGS[name];
    const value = env[variable];
    return value === undefined ? [] : [[name, parseSetting(name, variable, fromText(value))]];
  });
  return Object.fromEntries(found);
}

function parseSetting<Name extends SettingName>(name: Name, where: string, value: unknown): Settings[Name] {
  const checked = SETTINGS[name].schema.safeParse(value);
  if (checked.success) return checked.data as Settings[Name];
  throw invalidSetting(where, `it ${checked.error.issues[0]?.message}`);
}

/** The absolute folder of a store, relative to the folder that names it; a URL stays as it is. */
export function resolveStore(folder: string, store: string): string {
  return /^[a-z0-9]+:\/\//i.test(store) ? store : resolve(folder, store);
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

/** Text that is not JSON is undefined, which no schema takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
