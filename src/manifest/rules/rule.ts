import type { Draft, DraftItem } from '../draft.ts';
import type { Classify } from '../reference-source.ts';
import type { Report } from '../report.ts';
import type { Path, Place, Tree } from '../tree.ts';
import { findDeepest } from '../tree.ts';

/** What a rule checks, and where it reports problems. */
export interface RuleContext {
  tree: Tree;
  /** The manifest without the values that the schema rejects. */
  draft: Draft;
  problems: Report;
  /** Problems that do not prevent a run. */
  warnings: Report;
  /** Whether the caller can open local files. */
  paths: 'resolve' | 'refuse';
  classify: Classify;
  /** NFC of the name of a reference, computed once for each: 800 combining marks take 0.4 ms, and aliases repeat a name. */
  normaliseName: (name: string) => string;
}

/** A rule that needs more than one field or has its own problem code. */
export type Rule = (context: RuleContext) => void;

export interface ItemEntry {
  item: DraftItem;
  path: Path;
  /** Names the item in a problem. */
  itemKey: { key?: string };
}

/** The items that are maps, with their paths. */
export function listItems({ draft }: RuleContext): ItemEntry[] {
  return (draft.items ?? []).flatMap((item, n) =>
    item === undefined
      ? []
      : [{ item, path: ['items', n], itemKey: item.key === undefined ? {} : { key: item.key } }],
  );
}

/** The place that a problem with this field names. */
export function findPlace({ tree }: RuleContext, path: Path): Place {
  return findDeepest(tree, path);
}
