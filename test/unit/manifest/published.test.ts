import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../../src/manifest/index.ts';
import { manifestJsonSchemaText } from '../../../src/manifest/json-schema.ts';
import { FIELDS } from '../../../src/manifest/schema.ts';

const doc = (name: string) => readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

describe('the published description of the manifest', () => {
  it('has the schema of the code (update it with: npx tsx scripts/manifest-schema.ts)', async () => {
    expect(await doc('manifest.schema.json')).toBe(manifestJsonSchemaText());
  });

  it('lets editors complete models and ratios and mark unknown fields', async () => {
    const { properties, additionalProperties, required } = JSON.parse(await doc('manifest.schema.json'));
    expect(additionalProperties).toBe(false);
    expect(required).toEqual(['name', 'model', 'items']);
    expect(properties.model.anyOf[0].enum).toContain('nano-banana-pro');
    expect(properties.items.items.additionalProperties).toBe(false);
    expect(properties.items.items.properties.aspectRatio.anyOf[0].enum).toContain('4:5');
  });

  it('describes every field', async () => {
    const text = await doc('manifest.md');
    const fields = Object.values(FIELDS).flat();
    expect(fields.filter((field) => !text.includes(`\`${field}\``))).toEqual([]);
  });

  it('lists every problem code with its meaning', async () => {
    const text = await doc('manifest.md');
    const rows = Object.entries(PROBLEMS).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
    expect(rows.filter((row) => !text.includes(row))).toEqual([]);
  });
});
