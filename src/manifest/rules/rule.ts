import type { Draft, DraftItem } from '../draft.ts';
import type { Report } from '../report.ts';
import type { Path, Place, Tree } from '../tree.ts';
import { nearestTo } from '../tree.ts';

/** What a rule looks at, and where it says what it found. */
export interface Subject {
  tree: Tree;
  /** The manifest without what the schema refused. */
  draft: Draft;
  problems: Report;
  /** What does not stand in the way of a run. */
  warnings: Report;
  /** Whether the caller can open local files. */
  paths: 'resolve' | 'refuse';
}

/** One rule that needs more than one field, or has a code of its own. */
export type Rule = (subject: Subject) => void;

export interface Numbered {
  item: DraftItem;
  path: Path;
  /** To name the item in a problem. */
  about: { key?: string };
}

/** The items that are maps, with their places in the list. */
export function listItems({ draft }: Subject): Numbered[] {
  return (draft.items ?? []).flatMap((item, n) =>
    item === undefined
      ? []
      : [{ item, path: ['items', n], about: item.key === undefined ? {} : { key: item.key } }],
  );
}

/** Where a field is to be blamed. */
export function findPlace({ tree }: Subject, path: Path): Place {
  return nearestTo(tree, path);
}
