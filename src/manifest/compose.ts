import { basename, extname } from 'node:path';
import type { RunBlock } from '../contract/options.ts';
import type { Report } from './report.ts';
import { createSourceWithoutText } from './source.ts';
import type { Field, ListTree, MapTree, Place, Tree } from './tree.ts';

/** Values of flags, which replace those of the manifest. Fields of an item replace `defaults`; an item's own value stays. */
export interface Overrides extends Omit<RunBlock, 'notify'> {
  model?: string;
  aspectRatio?: string;
  imageSize?: string;
  count?: number;
}

/** The section of the manifest that each flag sets; undefined: the top level. */
const SECTION_OF_FLAG: Record<keyof Overrides, 'defaults' | 'run' | undefined> = {
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

/** A whole manifest from a JSONL or CSV file: its items, the file's name as `name`, all other fields from the base. */
export function addBase(items: ListTree, base: Tree | undefined, report: Report): MapTree {
  const { source } = items;
  const top: Place = { source, offset: 0 };
  const name = basename(source.file, extname(source.file));
  const fields = base?.kind === 'map' ? readBaseFields(base, report) : [];
  if (base !== undefined && base.kind !== 'map') {
    report.add(base, {
      code: 'wrong-type',
      message: 'The base file is not a map.',
      fix: 'Write fields such as `model: nano-banana-pro`.',
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

const NOT_IN_BASE = ['name', 'items'];

function readBaseFields({ fields }: MapTree, report: Report): [string, Field][] {
  for (const name of NOT_IN_BASE) {
    const field = fields.get(name);
    if (field === undefined) continue;
    const message = `A base file cannot have "${name}": it comes from the file with the items.`;
    report.add(field, { code: 'misplaced-field', message, fix: `Remove "${name}".` });
  }
  return [...fields].filter(([name]) => !NOT_IN_BASE.includes(name));
}

/** Sets the values of flags in the manifest. A problem with such a value names the flag in place of a file. */
export function applyOverrides(manifest: Tree, overrides: Overrides): Tree {
  return Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .reduce((tree, [name, value]) => applyOverride(tree, name as keyof Overrides, value), manifest);
}

function applyOverride(
  manifest: Tree,
  name: keyof Overrides,
  value: string | number | readonly string[],
): Tree {
  const place: Place = { source: createSourceWithoutText(toFlag(name)), offset: 0 };
  const field: Field = { ...place, value: toTree(place, value) };
  const section = SECTION_OF_FLAG[name];
  if (manifest.kind !== 'map') return manifest;
  if (section === undefined) return setField(manifest, name, field);
  const existing = manifest.fields.get(section);
  const block = existing?.value ?? { ...place, kind: 'map', fields: new Map() };
  // A block of the wrong type stays as it is; the schema reports it.
  if (block.kind !== 'map') return manifest;
  return setField(manifest, section, { ...(existing ?? place), value: setField(block, name, field) });
}

function toTree(place: Place, value: string | number | readonly string[]): Tree {
  return typeof value === 'object'
    ? { ...place, kind: 'list', items: value.map((item) => toTree(place, item)) }
    : { ...place, kind: 'scalar', value };
}

function setField(map: MapTree, name: string, field: Field): MapTree {
  return { ...map, fields: new Map([...map.fields, [name, field]]) };
}

/** Turns `maxCostUsd` into `--max-cost-usd`. */
function toFlag(name: string): string {
  if (name === 'labels') return '--label';
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
