import { dirname } from 'node:path';
import { suggestName } from '../../manifest/suggest.ts';
import { findUpward, readText } from './files.ts';
import { invalidSetting } from './invalid-setting.ts';
import { isSetting, parseSetting, resolveStore, SETTING_NAMES, type Settings } from './settings.ts';

const FILE = 'hummingbatch.yaml';

/**
 * The nearest `hummingbatch.yaml`, from a folder upward to the root.
 *
 * @throws `usage` naming file, line and column of the first problem
 */
export async function readSettingsFile(cwd: string): Promise<Settings> {
  const file = await findUpward(cwd, FILE);
  const content = file && (await readText(file));
  if (!file || content === undefined) return {};
  // Loaded here: most commands are called where there is no such file, and the parser takes 0.1 s to load.
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const formatPlace = (offset = 0) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [syntaxError] = document.errors;
  if (syntaxError)
    throw invalidSetting(
      formatPlace(syntaxError.pos[0]),
      syntaxError.message.split('\n')[0] ?? syntaxError.code,
    );

  const values: unknown = document.toJS() ?? {};
  if (!isMap(document.contents) && document.contents !== null)
    throw invalidSetting(formatPlace(), 'it must have one setting in each line, such as `store: ./images`');
  const keys = isMap(document.contents) ? document.contents.items.map(({ key }) => key) : [];
  const offsets = new Map(
    keys.filter((key) => isScalar(key)).map((key) => [String(key.value), key.range?.[0]]),
  );
  const settings = readSettings(values as Record<string, unknown>, (name) => formatPlace(offsets.get(name)));
  return settings.store ? { ...settings, store: resolveStore(dirname(file), settings.store) } : settings;
}

function readSettings(values: Record<string, unknown>, formatPlace: (name: string) => string): Settings {
  const entries = Object.entries(values).map(([name, value]) => {
    if (!isSetting(name))
      throw invalidSetting(formatPlace(name), `there is no setting "${name}"`, adviseField(name));
    return [name, parseSetting(name, formatPlace(name), value, name)];
  });
  return Object.fromEntries(entries);
}

function adviseField(field: string): string {
  if (/secret/i.test(field))
    return 'Secrets belong in the environment or in `.env`: HUMMINGBATCH_WEBHOOK_SECRETS, HUMMINGBATCH_GEMINI_WEBHOOK_SECRET.';
  if (/key|token/i.test(field)) return 'Keys belong in the environment or in `.env`: GEMINI_API_KEY.';
  return suggestName(field, SETTING_NAMES) ?? `The settings are ${SETTING_NAMES.join(', ')}.`;
}
