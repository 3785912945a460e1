import { MAX_OUTPUTS } from '../contract/words.ts';
import { applyOverrides, type Overrides } from './compose.ts';
import { type Draft, readDraft } from './draft.ts';
import { MAX_NAME_CHARACTERS } from './limits.ts';
import { memoize } from './memoize.ts';
import { reportIssues } from './mistakes.ts';
import { normaliseShort } from './nfc.ts';
import { type Files, readTree } from './read-tree.ts';
import { type Classify, createClassifier } from './reference-source.ts';
import type { Report } from './report.ts';
import { RULES } from './rules/index.ts';
import { type Tree, toValue } from './tree.ts';

export interface ExamineRequest extends Files {
  overrides?: Overrides;
  paths: 'resolve' | 'refuse';
}

export interface Examined {
  tree: Tree;
  /** A complete manifest if no problem was reported. */
  draft: Draft;
  classify: Classify;
}

/** Runs every check that does not open the files a manifest names; undefined if the manifest cannot be read. */
export function examine(request: ExamineRequest, problems: Report, warnings: Report): Examined | undefined {
  const read = readTree(request, problems);
  if (read === undefined) return undefined;
  const tree = limitItems(applyOverrides(read, request.overrides ?? {}));
  const checked = readDraft(toValue(tree));
  if (checked === undefined) {
    problems.add(tree, {
      code: 'too-large',
      message: 'The manifest has too many mistakes to list them.',
      fix: 'Write it as docs/manifest.md describes.',
    });
    return undefined;
  }
  const { draft, issues } = checked;
  reportIssues(tree, issues, problems);
  const classify = createClassifier();
  const normaliseName = memoize((name) => normaliseShort(name, MAX_NAME_CHARACTERS));
  const context = { tree, draft, problems, warnings, paths: request.paths, classify, normaliseName };
  for (const rule of RULES) rule(context);
  return { tree, draft, classify };
}

/** One item more than a batch has outputs is enough for the rule about outputs. No other rule reads the items after it. */
function limitItems(tree: Tree): Tree {
  const items = tree.kind === 'map' ? tree.fields.get('items') : undefined;
  if (tree.kind !== 'map' || items?.value.kind !== 'list' || items.value.items.length <= MAX_OUTPUTS)
    return tree;
  const value = { ...items.value, items: items.value.items.slice(0, MAX_OUTPUTS + 1) };
  return { ...tree, fields: new Map([...tree.fields, ['items', { ...items, value }]]) };
}
