import type { z } from 'zod';
import { flatten } from './mistakes.ts';
import { type ItemInput, type ManifestInput, manifestSchema } from './schema.ts';
import type { Path } from './tree.ts';

/**
 * What is left of a manifest without whatever the schema has something against: every field that is there has its type,
 * any may be missing. So the rules say all they can although some of it is wrong.
 */
export type Draft = Partial<Omit<ManifestInput, 'items'>> & { items?: (DraftItem | undefined)[] };
export type DraftItem = Partial<ItemInput>;

/** Checks a value by the schema and leaves out of it what is wrong. */
export function readDraft(value: unknown): { draft: Draft; issues: readonly z.core.$ZodIssue[] } {
  const { error } = manifestSchema.safeParse(value);
  if (error === undefined) return { draft: value as ManifestInput, issues: [] };
  const issues = flatten(error.issues);
  const rest = { manifest: structuredClone(value) };
  // Top-down an issue of a part that is gone already has no place any more.
  for (const issue of issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    for (const name of names) {
      leaveOut(rest, ['manifest', ...issue.path, ...(name === undefined ? [] : [name])]);
    }
  }
  return { draft: rest.manifest ?? {}, issues };
}

/** An entry of a list becomes undefined, so that those behind it keep their numbers. */
function leaveOut(root: Record<string, unknown>, path: Path): void {
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[step];
  const last = path.at(-1);
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<PropertyKey, unknown>)[last];
}
