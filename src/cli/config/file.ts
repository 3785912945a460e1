import { dirname } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { suggestName } from '../../manifest/suggest.ts';
import { findUpward, readText } from './files.ts';
import { invalidSetting } from './invalid-setting.ts';
import { resolveStore, SETTING_NAMES, SETTINGS, type Settings } from './settings.ts';

const FILE = 'hummingbatch.yaml';

const fileSchema = z
  .strictObject(Object.fromEntries(SETTING_NAMES.map((name) => [name, SETTINGS[name].schema.optional()])))
  .nullable();

/**
 * The nearest `hummingbatch.yaml`, from a folder upward to the root.
 *
 * @throws `usage` naming file, line and column of the first problem
 */
export async function readSettingsFile(cwd: string): Promise<Settings> {
  const file = await findUpward(cwd, FILE);
  const content = file && (await readText(file));
  if (!file || content === undefined) return {};
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const formatPlace = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [syntaxError] = document.errors;
  if (syntaxError)
    throw invalidSetting(
      formatPlace(syntaxError.pos[0]),
      syntaxError.message.split('\n')[0] ?? syntaxError.code,
    );

  const checked = fileSchema.safeParse(document.toJS());
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const field = String(issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0]);
    const where = formatPlace(findOffset(document.contents, field));
    if (issue?.code !== 'unrecognized_keys') throw invalidSetting(where, `${field} ${issue?.message}`);
    throw invalidSetting(where, `there is no setting "${field}"`, adviseField(field));
  }
  const settings = { ...checked.data } as Settings;
  return settings.store ? { ...settings, store: resolveStore(dirname(file), settings.store) } : settings;
}

function findOffset(contents: unknown, field: string): number {
  if (!isMap(contents)) return 0;
  const pair = contents.items.find(({ key }) => isScalar(key) && String(key.value) === field);
  return (isScalar(pair?.key) && pair.key.range?.[0]) || 0;
}

function adviseField(field: string): string {
  if (/secret/i.test(field))
    return 'Secrets belong in the environment or in `.env`: HUMMINGBATCH_WEBHOOK_SECRETS, HUMMINGBATCH_GEMINI_WEBHOOK_SECRET.';
  if (/key|token/i.test(field)) return 'Keys belong in the environment or in `.env`: GEMINI_API_KEY.';
  return suggestName(field, SETTING_NAMES) ?? `The settings are ${SETTING_NAMES.join(', ')}.`;
}
