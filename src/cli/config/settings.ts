import { resolve } from 'node:path';
import { isAccepted } from '../../contract/check.ts';
import { durationMs } from '../../contract/duration.ts';
import { NOTIFY } from '../../contract/notify.ts';
import { choice, type Infer, list, type OptionalRule, type Rule, text } from '../../contract/rules.ts';
import { GEMINI_URL_MUST, isGeminiUrl, parseUrl } from '../../contract/url.ts';
import { parseHostAndPort } from '../../net/host-and-port.ts';
import { invalidSetting } from './invalid-setting.ts';

export const LOG_STYLES = ['json', 'pretty'] as const;
export type LogStyle = (typeof LOG_STYLES)[number];

const anyText = text((value) => value !== '', { must: 'a text that is not empty' });
const duration = text((value) => durationMs(value) !== undefined, { must: 'a duration such as 30s' });
const address = text((value) => parseHostAndPort(value) !== undefined, {
  must: 'a host and a port such as 127.0.0.1:9464',
});
const wholeNumber = text((value) => /^[1-9]\d{0,8}$/.test(value), { must: 'a whole number, 1 or more' });
const geminiUrl = text(isGeminiUrl, { must: GEMINI_URL_MUST });
const hosts = list(text(isHost), { must: 'a list of hosts such as shop.internal:8080' });

interface SettingRule {
  rule: Exclude<Rule, OptionalRule>;
  variable: string;
  /** How a variable's text becomes the value; unset: the text is the value. */
  fromText?: (text: string) => unknown;
}

/** What can be set in `hummingbatch.yaml` and by a variable. Secrets are no settings: the file is shared. */
export const SETTINGS = {
  geminiUrl: { rule: geminiUrl, variable: 'HUMMINGBATCH_GEMINI_URL' },
  store: { rule: anyText, variable: 'HUMMINGBATCH_STORE' },
  taskQueue: { rule: anyText, variable: 'HUMMINGBATCH_TASK_QUEUE' },
  checkInterval: { rule: duration, variable: 'HUMMINGBATCH_CHECK_INTERVAL' },
  submitWindow: { rule: duration, variable: 'HUMMINGBATCH_SUBMIT_WINDOW' },
  apiListen: { rule: address, variable: 'HUMMINGBATCH_API_LISTEN' },
  apiRequestsPerMinute: { rule: wholeNumber, variable: 'HUMMINGBATCH_API_REQUESTS_PER_MINUTE' },
  metrics: { rule: address, variable: 'HUMMINGBATCH_METRICS' },
  log: { rule: choice(LOG_STYLES, { must: LOG_STYLES.join(' or ') }), variable: 'HUMMINGBATCH_LOG' },
  notify: { rule: NOTIFY, variable: 'HUMMINGBATCH_NOTIFY', fromText: parseJson },
  webhookHosts: { rule: hosts, variable: 'HUMMINGBATCH_WEBHOOK_HOSTS', fromText: splitList },
} as const satisfies Record<string, SettingRule>;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { [Name in SettingName]?: Infer<(typeof SETTINGS)[Name]['rule']> };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

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

/** @throws `usage` naming the variable, the flag, or the place in the file */
export function parseSetting<Name extends SettingName>(
  name: Name,
  where: string,
  value: unknown,
  subject = 'it',
): Settings[Name] {
  const { rule }: SettingRule = SETTINGS[name];
  // In the file `apiRequestsPerMinute: 600` is a number; of a variable `600` is a text.
  const text = rule === wholeNumber && typeof value === 'number' ? String(value) : value;
  // The rule as a whole: a sentence about one field of a webhook would quote its URL, which may hold a secret.
  if (!isAccepted(rule, text)) throw invalidSetting(where, `${subject} must be ${rule.must}`);
  return text as Settings[Name];
}

/** The absolute folder of a store, relative to the folder that names it; a URL stays as it is. */
export function resolveStore(folder: string, store: string): string {
  return /^[a-z0-9]+:\/\//i.test(store) ? store : resolve(folder, store);
}

/** A host, with a port or without, and nothing behind it. */
function isHost(value: string): boolean {
  return /^[^\s/@?#\\]+$/.test(value) && parseUrl(`http://${value}`) !== undefined;
}

function splitList(text: string): string[] {
  return text.split(',').map((entry) => entry.trim());
}

/** Text that is not JSON is undefined, which no rule accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
