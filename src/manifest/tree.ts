import type { Source } from './source.ts';

/**
 * Every format is read into the same tree, which has the place of each value. The schema and the rules therefore exist
 * once and still report line and column.
 */

export interface Place {
  source: Source;
  offset: number;
}

export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree extends Place {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** The original text if it differs from the value: `0012` for 12. */
  written?: string;
}

export interface ListTree extends Place {
  kind: 'list';
  items: Tree[];
}

export interface MapTree extends Place {
  kind: 'map';
  fields: Map<string, Field>;
}

/** A field of a map. Its place is the place of its name. */
export interface Field extends Place {
  value: Tree;
}

export type Path = readonly PropertyKey[];

/** The tree without its places. */
export function toValue(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toValue);
  // fromEntries defines properties, so a field named __proto__ stays a field.
  return Object.fromEntries(Array.from(tree.fields, ([name, field]) => [name, toValue(field.value)]));
}

/** The value at a path, or undefined if there is none. */
export function find(tree: Tree, path: Path): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const step of path) at = at && findChild(at, step);
  return at;
}

/** The value at a path, or the deepest existing value on the way to it. */
export function findDeepest(tree: Tree, path: Path): Tree {
  let at = tree;
  for (const step of path) {
    const child = findChild(at, step);
    if (child === undefined) return at;
    at = child;
  }
  return at;
}

/** The place of a field of the map at a path, or the deepest existing place on the way to it. */
export function findField(tree: Tree, path: Path, name: string): Place {
  const map = findDeepest(tree, path);
  return (map.kind === 'map' && map.fields.get(name)) || map;
}

function findChild(tree: Tree, step: PropertyKey): Tree | undefined {
  if (tree.kind === 'map') return tree.fields.get(String(step))?.value;
  if (tree.kind === 'list') return tree.items[Number(step)];
  return undefined;
}
