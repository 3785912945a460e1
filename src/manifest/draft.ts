import type { z } from 'zod';
import { flattenIssues } from './mistakes.ts';
import { type ItemInput, type ManifestInput, manifestSchema } from './schema.ts';
import type { Path } from './tree.ts';

/**
 * A manifest without the values that the schema rejects: each remaining field has its type, and any field may be missing.
 * This lets the rules check the rest of a manifest that is partly wrong.
 */
export type Draft = Partial<Omit<ManifestInput, 'items'>> & { items?: (DraftItem | undefined)[] };
export type DraftItem = Partial<ItemInput>;

/** Checks a value against the schema and removes what it rejects; undefined if there are too many issues. */
export function readDraft(value: unknown): { draft: Draft; issues: readonly z.core.$ZodIssue[] } | undefined {
  const error = findIssues(value);
  if (error === 'too-many') return undefined;
  if (error === undefined) return { draft: value as ManifestInput, issues: [] };
  const issues = flattenIssues(error.issues);
  const remaining = { manifest: structuredClone(value) };
  // An issue inside a part that was already removed finds no place and changes nothing.
  for (const issue of issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    for (const name of names) {
      removeAt(remaining, ['manifest', ...issue.path, ...(name === undefined ? [] : [name])]);
    }
  }
  return { draft: remaining.manifest ?? {}, issues };
}

function findIssues(value: unknown): z.ZodError | undefined | 'too-many' {
  try {
    return manifestSchema.safeParse(value).error;
  } catch (error) {
    // zod 4.6.7 passes the issues of a list as arguments of one call: about 120,000 of them overflow the stack.
    if (error instanceof RangeError) return 'too-many';
    throw error;
  }
}

/** Removes the value at a path. An entry of a list becomes undefined, so that later entries keep their indexes. */
function removeAt(root: Record<string, unknown>, path: Path): void {
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[step];
  const last = path.at(-1);
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<PropertyKey, unknown>)[last];
}
