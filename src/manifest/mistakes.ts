import type { z } from 'zod';
import type { ProblemCode } from './problem.ts';
import type { Report } from './report.ts';
import { FIELDS } from './schema.ts';
import { nearest } from './suggest.ts';
import { fieldAt, find, nearestTo, type Path, type Tree } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** Says what the schema has against a manifest, at the line and column of each thing. */
export function reportIssues(tree: Tree, issues: readonly Issue[], report: Report): void {
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') reportUnknown(tree, issue.path, issue.keys, report);
    else reportValue(tree, issue, report);
  }
}

/** Issues with those of the branch that was meant in place of "none of the branches fits". */
export function flatten(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue];
    // The branch that got beyond the type of the whole value is the one that was meant.
    const meant = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0));
    if (meant === undefined) return [issue];
    return meant.map((inner): Issue => ({ ...inner, path: [...issue.path, ...inner.path] }));
  });
}

/** The key of the item that a path lies in. */
export function readItemKey(tree: Tree, [first, index]: Path): string | undefined {
  if (first !== 'items' || index === undefined) return undefined;
  const key = find(tree, ['items', index, 'key']);
  return key?.kind === 'scalar' && typeof key.value === 'string' ? key.value : undefined;
}

function reportUnknown(tree: Tree, path: Path, names: readonly string[], report: Report): void {
  const here = listFields(path);
  for (const name of names) {
    const key = readItemKey(tree, path);
    const place = fieldAt(tree, path, name);
    report.add(place, () => ({
      code: 'unknown-field',
      message: `There is no field "${name}" ${whereIs(path)}.`,
      fix: meantBy(name, here),
      ...(key === undefined ? {} : { key }),
    }));
  }
}

function reportValue(tree: Tree, issue: Issue, report: Report): void {
  const { path } = issue;
  const key = readItemKey(tree, path);
  const about = key === undefined ? {} : { key };
  const found = find(tree, path);
  const name = formatPath(path);
  if (found === undefined) {
    const message = `${name} is missing.`;
    report.add(nearestTo(tree, path), { code: 'missing-field', message, fix: issue.message, ...about });
    return;
  }
  const message = `${name} is ${describe(found)}.`;
  report.add(found, { code: chooseCode(issue, found), message, fix: whatIsRight(issue, found), ...about });
}

function chooseCode({ code, path }: Issue, found: Tree): ProblemCode {
  if (path.at(-1) === 'prompt' && found.kind === 'scalar' && found.value === null) return 'empty-prompt';
  return code === 'invalid_type' || code === 'invalid_union' ? 'wrong-type' : 'wrong-value';
}

function whatIsRight(issue: Issue, found: Tree): string {
  if (found.kind !== 'scalar') return issue.message;
  if (issue.code === 'invalid_value') {
    const meant = nearest(String(found.value), issue.values.map(String));
    return meant === undefined ? issue.message : `Did you mean "${meant}"?`;
  }
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

function meantBy(name: string, here: readonly string[]): string {
  const near = nearest(name, here);
  if (near !== undefined) return `Did you mean "${near}"?`;
  if (FIELDS.run.includes(name)) return '"run" has it.';
  if (FIELDS.defaults.includes(name)) return '"defaults" and the items have it.';
  if (FIELDS.item.includes(name)) return 'Only the items have it.';
  if (FIELDS.manifest.includes(name)) return 'It stands at the top of the manifest.';
  return `The fields are ${here.join(', ')}.`;
}

function whereIs(path: Path): string {
  if (path.includes('safetySettings')) return 'in a safety setting';
  if (path[0] === 'items') return 'in an item';
  if (path[1] === 'notify') return 'in an entry of "notify"';
  return path.length === 0 ? 'at the top of a manifest' : `in "${String(path[0])}"`;
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
  const shown = Array.from(value.slice(0, 2 * SHOWN_CHARACTERS));
  const short = shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS).join('')}…` : value;
  return value === '' ? 'an empty text' : `the text ${JSON.stringify(short)}`;
}
