import { basename, extname } from 'node:path';
import type { RunBlock } from '../contract/manifest.ts';
import type { Report } from './report.ts';
import { textlessSource } from './source.ts';
import type { Field, ListTree, MapTree, Place, Tree } from './tree.ts';

/** What flags say in place of the manifest. Those of an item change `defaults`: an item's own value stays. */
export interface Overrides extends Omit<RunBlock, 'notify'> {
  model?: string;
  aspectRatio?: string;
  imageSize?: string;
  count?: number;
}

/** Where in the manifest each flag belongs; undefined: at its top. */
const HOME: Record<keyof Overrides, 'defaults' | 'run' | undefined> = {
  model: undefined,
  aspectRatio: 'defaults',
  imageSize: 'defaults',
  count: 'defaults',
  maxCostUsd: 'run',
  approveAboveUsd: 'run',
  maxRounds: 'run',
  deadline: 'run',
  onUnknownSubmit: 'run',
  labels: 'run',
};

/** What a JSONL or CSV file is as a manifest: its items under its own name, all else from the base. */
export function withHead(items: ListTree, base: Tree | undefined, report: Report): MapTree {
  const { source } = items;
  const top: Place = { source, offset: 0 };
  const name = basename(source.file, extname(source.file));
  const fields = base?.kind === 'map' ? headFields(base, report) : [];
  if (base !== undefined && base.kind !== 'map') {
    report.add(base, {
      code: 'wrong-type',
      message: 'The base is no map.',
      fix: 'Write `model: …` and the like.',
    });
  }
  return {
    ...top,
    kind: 'map',
    fields: new Map([
      ['name', { ...top, value: { ...top, kind: 'scalar', value: name } }],
      ...fields,
      ['items', { ...top, value: items }],
    ]),
  };
}

const FROM_ELSEWHERE = ['name', 'items'];

function headFields({ fields }: MapTree, report: Report): [string, Field][] {
  for (const name of FROM_ELSEWHERE) {
    const field = fields.get(name);
    if (field === undefined) continue;
    const message = `A base has no "${name}": the file with the items gives it.`;
    report.add(field, { code: 'misplaced-field', message, fix: `Remove "${name}".` });
  }
  return [...fields].filter(([name]) => !FROM_ELSEWHERE.includes(name));
}

/** The manifest with what the flags say; a problem with such a value names the flag as its file. */
export function withOverrides(manifest: Tree, overrides: Overrides): Tree {
  return Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .reduce((tree, [name, value]) => withOverride(tree, name as keyof Overrides, value), manifest);
}

function withOverride(
  manifest: Tree,
  name: keyof Overrides,
  value: string | number | readonly string[],
): Tree {
  const place: Place = { source: textlessSource(toFlag(name)), offset: 0 };
  const field: Field = { ...place, value: toTree(place, value) };
  const home = HOME[name];
  if (manifest.kind !== 'map') return manifest;
  if (home === undefined) return withField(manifest, name, field);
  const at = manifest.fields.get(home);
  const block = at?.value ?? { ...place, kind: 'map', fields: new Map() };
  // A block of the wrong type stays as it is, and the schema says so.
  if (block.kind !== 'map') return manifest;
  return withField(manifest, home, { ...(at ?? place), value: withField(block, name, field) });
}

function toTree(place: Place, value: string | number | readonly string[]): Tree {
  return typeof value === 'object'
    ? { ...place, kind: 'list', items: value.map((item) => toTree(place, item)) }
    : { ...place, kind: 'scalar', value };
}

function withField(map: MapTree, name: string, field: Field): MapTree {
  return { ...map, fields: new Map([...map.fields, [name, field]]) };
}

/** `--max-cost-usd` of `maxCostUsd`. */
function toFlag(name: string): string {
  if (name === 'labels') return '--label';
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
