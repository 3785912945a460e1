import type { z } from 'zod';
import { adviseOn, describeMistake, type Mistake } from '../contract/check.ts';
import { RUN_BLOCK } from '../contract/options.ts';
import { hasLength, type Rule } from '../contract/rules.ts';
import { clip } from '../contract/text.ts';
import type { ProblemCode } from './problem.ts';
import type { Report } from './report.ts';
import { FIELDS } from './schema.ts';
import { type FindNearest, suggestName } from './suggest.ts';
import { find, findDeepest, findField, type Path, type Tree } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** Reports the schema's issues as problems with line and column. */
export function reportIssues(tree: Tree, issues: readonly Issue[], report: Report): void {
  const isOfOption = ({ path }: Issue) => path[0] === 'run';
  for (const issue of withoutRepeats(issues.filter(isOfOption))) reportOption(tree, issue, report);
  for (const issue of issues.filter((found) => !isOfOption(found))) {
    if (issue.code === 'unrecognized_keys') reportUnknown(tree, issue.path, issue.keys, report);
    else reportValue(tree, issue, report);
  }
}

/** Replaces each "no branch of the union matches" by the issues of the branch that the author intended. */
export function flattenIssues(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue];
    // The intended branch is the one that accepts the type of the whole value and rejects only a part of it.
    const intended = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0));
    if (intended === undefined) return [issue];
    return intended.map((inner): Issue => ({ ...inner, path: [...issue.path, ...inner.path] }));
  });
}

/** The key of the item that contains a path; undefined outside `items` and for an item without a key. */
export function readItemKey(tree: Tree, [first, index]: Path): string | undefined {
  if (first !== 'items' || index === undefined) return undefined;
  const key = find(tree, ['items', index, 'key']);
  return key?.kind === 'scalar' && typeof key.value === 'string' ? key.value : undefined;
}

/** The first issue of each place: 1e300 is not a whole number, and it is too large. */
function withoutRepeats(issues: readonly Issue[]): Issue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const place = JSON.stringify(issue.path);
    const isFirst = !seen.has(place);
    seen.add(place);
    return isFirst;
  });
}

/** Reports an option with the code and the sentence of every other entrance, and with its line and column. */
function reportOption(tree: Tree, issue: Issue, report: Report): void {
  const { path } = issue;
  const rule = findRule(path.slice(1));
  if (issue.code === 'unrecognized_keys') {
    for (const field of issue.keys) {
      const mistake: Mistake = { kind: 'unknown-field', path: toValuePath(path), rule, field };
      report.add(findField(tree, path, field), (findNearest) => ({
        code: 'usage',
        message: describeMistake(mistake),
        fix: suggestField(field, listFields(path), findNearest),
      }));
    }
    return;
  }
  const found = find(tree, path);
  const mistake: Mistake = { kind: found ? 'wrong' : 'missing', path: toValuePath(path), rule };
  report.add(found ?? findDeepest(tree, path), (findNearest) => ({
    code: 'usage',
    message: describeMistake(mistake),
    fix: (found && findIntendedWord(issue, found, findNearest)) ?? adviseOn(mistake),
  }));
}

/** The rule of the `run` block at a path. */
function findRule(path: Path): Rule {
  return path.reduce<Rule>((outer, part) => {
    const rule = outer.kind === 'optional' ? outer.rule : outer;
    if (rule.kind === 'list') return rule.item;
    return (rule.kind === 'object' && rule.fields[String(part)]) || rule;
  }, RUN_BLOCK);
}

function toValuePath(path: Path): (string | number)[] {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function reportUnknown(tree: Tree, path: Path, names: readonly string[], report: Report): void {
  const knownFields = listFields(path);
  const key = readItemKey(tree, path);
  for (const name of names) {
    report.add(findField(tree, path, name), (findNearest) => ({
      code: 'unknown-field',
      message: `"${name}" is not a known field ${describePlace(path)}.`,
      fix: suggestField(name, knownFields, findNearest),
      ...(key === undefined ? {} : { key }),
    }));
  }
}

function reportValue(tree: Tree, issue: Issue, report: Report): void {
  const { path } = issue;
  const key = readItemKey(tree, path);
  const itemKey = key === undefined ? {} : { key };
  const found = find(tree, path);
  const name = formatPath(path);
  if (found === undefined) {
    const message = `${name} is missing.`;
    report.add(findDeepest(tree, path), { code: 'missing-field', message, fix: issue.message, ...itemKey });
    return;
  }
  report.add(found, (findNearest) => ({
    code: chooseCode(issue, found),
    message: `${name} is ${describe(found)}.`,
    fix: suggestFix(issue, found, findNearest),
    ...itemKey,
  }));
}

function chooseCode({ code, path }: Issue, found: Tree): ProblemCode {
  if (path.at(-1) === 'prompt' && found.kind === 'scalar' && found.value === null) return 'empty-prompt';
  return code === 'invalid_type' || code === 'invalid_union' ? 'wrong-type' : 'wrong-value';
}

/** The word of a closed set that may have been meant. */
function findIntendedWord(issue: Issue, found: Tree, findNearest: FindNearest): string | undefined {
  if (issue.code !== 'invalid_value' || found.kind !== 'scalar') return undefined;
  return suggestName(String(found.value), issue.values.map(String), findNearest);
}

function suggestFix(issue: Issue, found: Tree, findNearest: FindNearest): string {
  if (found.kind !== 'scalar') return issue.message;
  if (issue.code === 'invalid_value') return findIntendedWord(issue, found, findNearest) ?? issue.message;
  const isBare = typeof found.value === 'number' || typeof found.value === 'boolean';
  if (issue.code === 'invalid_type' && issue.expected === 'string' && isBare) {
    return `Write it in quotes: "${found.written ?? found.value}".`;
  }
  return issue.message;
}

function listFields(path: Path): readonly string[] {
  if (path.includes('safetySettings')) return FIELDS.safetySetting;
  if (path[0] === 'items') return FIELDS.item;
  if (path[0] === 'defaults') return FIELDS.defaults;
  if (path[0] === 'run') return path[1] === 'notify' ? FIELDS.notifyTarget : FIELDS.run;
  return FIELDS.manifest;
}

function suggestField(name: string, knownFields: readonly string[], findNearest: FindNearest): string {
  const near = suggestName(name, knownFields, findNearest);
  if (near !== undefined) return near;
  if (FIELDS.run.includes(name)) return 'Move it to "run".';
  if (FIELDS.defaults.includes(name)) return 'Move it to "defaults" or to an item.';
  if (FIELDS.item.includes(name)) return 'Move it to an item.';
  if (FIELDS.manifest.includes(name)) return 'Move it to the top level of the manifest.';
  return `The fields are ${knownFields.join(', ')}.`;
}

function describePlace(path: Path): string {
  if (path.includes('safetySettings')) return 'in a safety setting';
  if (path[0] === 'items') return 'in an item';
  if (path[1] === 'notify') return 'in an entry of "notify"';
  return path.length === 0 ? 'at the top level of a manifest' : `in "${String(path[0])}"`;
}

function formatPath(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'The manifest';
  if (typeof last === 'string') return `"${last}"`;
  const list = path.at(-2);
  return list === 'items' ? `Item ${Number(last) + 1}` : `Entry ${Number(last) + 1} of "${String(list)}"`;
}

const SHOWN_CHARACTERS = 60;

function describe(tree: Tree): string {
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list';
  if (tree.kind === 'map') return 'a map';
  const { value, written } = tree;
  if (value === null) return 'empty';
  if (typeof value !== 'string') return written ?? String(value);
  const short = hasLength(value, 0, SHOWN_CHARACTERS) ? value : `${clip(value, SHOWN_CHARACTERS)}…`;
  return value === '' ? 'an empty text' : `the text ${JSON.stringify(short)}`;
}
