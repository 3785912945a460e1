import { access, readdir, readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { DEFAULT_OPTIONS } from '../../../src/contract/index.ts';
import { CONTRACT_SCHEMAS, type ContractSchema, contractSchemaText } from '../../../src/schemas/published.ts';

const FOLDER = new URL('../../../docs/contract/', import.meta.url);
const NAMES = Object.keys(CONTRACT_SCHEMAS) as ContractSchema[];

interface Part {
  properties?: Record<string, Part>;
  description?: string;
  $ref?: string;
  default?: unknown;
  pattern?: string;
}

type Whole = Part & { $id: string; $defs: Record<string, Part> };

/** Every part of a schema, by its place. */
function listParts(schema: Part, place = ''): [string, Part][] {
  return [
    [place, schema],
    ...Object.entries(schema).flatMap(([name, part]) =>
      typeof part === 'object' && part !== null ? listParts(part as Part, `${place}/${name}`) : [],
    ),
  ];
}

test('docs/contract has exactly the schemas of the contract', async () => {
  const files = await readdir(FOLDER);
  expect(files.filter((file) => file.endsWith('.json')).sort()).toEqual(
    NAMES.map((name) => `${name}.schema.json`).sort(),
  );
});

test('the README beside them links to each schema, and every link works', async () => {
  const page = await readFile(new URL('README.md', FOLDER), 'utf8');
  const links = [...page.matchAll(/\]\((?<path>[^)#:]+)[^)]*\)/g)].map(
    ({ groups }) => groups?.['path'] ?? '',
  );
  expect(NAMES.filter((name) => !links.includes(`${name}.schema.json`))).toEqual([]);
  for (const link of links) await expect(access(new URL(link, FOLDER)), link).resolves.toBeUndefined();
});

describe.each(NAMES)('the published schema %s', (name) => {
  const schema = JSON.parse(contractSchemaText(name)) as Whole;
  const parts = listParts(schema);

  test('is up to date (else run: npx tsx scripts/contract-schemas.ts)', async () => {
    expect(await readFile(new URL(`${name}.schema.json`, FOLDER), 'utf8')).toBe(contractSchemaText(name));
  });

  test('is valid JSON Schema 2020-12 in strict mode', () => {
    const ajv = addFormats.default(new Ajv2020({ strict: true }));
    expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
    expect(schema.$id).toBe(`urn:hummingbatch:contract:${name}`);
  });

  test('describes every field', () => {
    const fields = parts.flatMap(([place, { properties = {} }]) =>
      Object.entries(properties).map(([field, part]) => [`${place}/${field}`, part] as const),
    );
    const bare = fields.filter(
      ([, { description, $ref }]) =>
        !description && !schema.$defs[$ref?.replace('#/$defs/', '') ?? '']?.description,
    );
    expect(fields.length).toBeGreaterThan(0);
    expect(bare).toEqual([]);
  });

  test('has patterns that all languages read alike: Python has no \\p, Go has no lookahead', () => {
    const patterns = parts.flatMap(([, { pattern }]) => (typeof pattern === 'string' ? [pattern] : []));
    expect(patterns.filter((pattern) => /\\[pPdwbDWB]|\(\?[=!<]/.test(pattern))).toEqual([]);
  });
});

test('the defaults of the published options are those of the code', () => {
  const { $defs } = JSON.parse(contractSchemaText('image-batch-input')) as { $defs: Record<string, Part> };
  const defaults = Object.entries($defs['BatchOptions']?.properties ?? {})
    .filter(([, part]) => part.default !== undefined)
    .map(([name, part]) => [name, part.default]);
  expect(Object.fromEntries(defaults)).toEqual(DEFAULT_OPTIONS);
});
