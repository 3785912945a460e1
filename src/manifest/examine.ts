import { applyOverrides, type Overrides } from './compose.ts';
import { type Draft, readDraft } from './draft.ts';
import { reportIssues } from './mistakes.ts';
import { type Files, readTree } from './read-tree.ts';
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
}

/** Runs every check that does not open the files a manifest names; undefined if the manifest cannot be read. */
export function examine(request: ExamineRequest, problems: Report, warnings: Report): Examined | undefined {
  const read = readTree(request, problems);
  if (read === undefined) return undefined;
  const tree = applyOverrides(read, request.overrides ?? {});
  const { draft, issues } = readDraft(toValue(tree));
  reportIssues(tree, issues, problems);
  const context = { tree, draft, problems, warnings, paths: request.paths };
  for (const rule of RULES) rule(context);
  return { tree, draft };
}
