import { type Overrides, withOverrides } from './compose.ts';
import { type Draft, readDraft } from './draft.ts';
import { reportIssues } from './mistakes.ts';
import { type Files, readTree } from './read-tree.ts';
import type { Report } from './report.ts';
import { RULES } from './rules/index.ts';
import { type Tree, toValue } from './tree.ts';

export interface Question extends Files {
  overrides?: Overrides;
  paths: 'resolve' | 'refuse';
}

export interface Examined {
  tree: Tree;
  /** A whole manifest, where there are no problems. */
  draft: Draft;
}

/** All that can be said of a manifest without opening the files it names; undefined where it could not be read. */
export function examine(question: Question, problems: Report, warnings: Report): Examined | undefined {
  const read = readTree(question, problems);
  if (read === undefined) return undefined;
  const tree = withOverrides(read, question.overrides ?? {});
  const { draft, issues } = readDraft(toValue(tree));
  reportIssues(tree, issues, problems);
  const subject = { tree, draft, problems, warnings, paths: question.paths };
  for (const rule of RULES) rule(subject);
  return { tree, draft };
}
