import { HummingbatchError } from './errors.ts';
import type { Infer, ObjectRule, Rule } from './rules.ts';
import { clip, isWellFormed } from './text.ts';

/** Fields, and numbers of entries in lists. */
export type ValuePath = readonly (string | number)[];

/** The first thing that is wrong with a value. */
export interface Mistake {
  kind: 'wrong' | 'missing' | 'unknown-field';
  /** Of the value, or of the object that has the unknown field. */
  path: ValuePath;
  rule: Rule;
  /** Of the unknown field. */
  field?: string;
}

/** Of an unknown field's name in a sentence. */
const MAX_QUOTED_CHARACTERS = 100;

/**
 * The value without fields that are `null` or `undefined`: other languages send `null` for what they leave out.
 *
 * @throws `usage`, with the same sentence on every entrance
 */
export function check<R extends Rule>(rule: R, value: unknown): Infer<R> {
  const mistake = findMistake(rule, value);
  if (mistake) throw new HummingbatchError('usage', describeMistake(mistake), { fix: adviseOn(mistake) });
  return withoutNull(value) as Infer<R>;
}

export function isAccepted(rule: Rule, value: unknown): boolean {
  return findMistake(rule, value) === undefined;
}

export function findMistake(rule: Rule, value: unknown, path: ValuePath = []): Mistake | undefined {
  switch (rule.kind) {
    case 'optional':
      return isLeftOut(value) ? undefined : findMistake(rule.rule, value, path);
    case 'object':
      return isObject(value) ? findMistakeInFields(rule, value, path) : wrong(rule, path);
    case 'list':
      if (!Array.isArray(value) || value.length > (rule.max ?? Number.POSITIVE_INFINITY))
        return wrong(rule, path);
      return (
        findFirst(value, (entry, index) => findMistake(rule.item, entry, [...path, index])) ??
        (rule.accepts?.(value) === false ? wrong(rule, path) : undefined)
      );
    case 'text':
      return typeof value === 'string' && isWellFormed(value) && rule.accepts(value)
        ? undefined
        : wrong(rule, path);
    case 'number':
      return isNumberInRange(rule, value) ? undefined : wrong(rule, path);
    case 'choice':
      return (rule.words as readonly unknown[]).includes(value) ? undefined : wrong(rule, path);
    case 'boolean':
      return typeof value === 'boolean' && value === (rule.only ?? value) ? undefined : wrong(rule, path);
    case 'variants':
      return rule.variants.some((variant) => isAccepted(variant, value)) ? undefined : wrong(rule, path);
    case 'anything':
      return isObject(value) ? undefined : wrong(rule, path);
  }
}

function findMistakeInFields(
  rule: ObjectRule,
  value: Record<string, unknown>,
  path: ValuePath,
): Mistake | undefined {
  if (rule.others === 'refused') {
    const unknown = Object.keys(value).find(
      (name) => !Object.hasOwn(rule.fields, name) && !isLeftOut(value[name]),
    );
    if (unknown !== undefined) return { kind: 'unknown-field', path, rule, field: unknown };
  }
  return findFirst(Object.entries(rule.fields), ([name, field]) => {
    // Own fields only: `constructor` is in every object.
    const inner = Object.hasOwn(value, name) ? value[name] : undefined;
    if (isLeftOut(inner) && field.kind !== 'optional')
      return { kind: 'missing', path: [...path, name], rule: field };
    return findMistake(field, inner, [...path, name]);
  });
}

/** One sentence. The same rule that fails gives the same sentence, whichever way the value came. */
export function describeMistake({ kind, path, rule, field = '' }: Mistake): string {
  const place = formatPath(path, rule);
  if (kind === 'missing') return `${place} is missing: it must be ${mustBe(rule)}.`;
  if (kind === 'wrong')
    return `${place === '' ? capitalise(describeValue(rule)) : place} must be ${mustBe(rule)}.`;
  const where = place === '' ? describeValue(rule) : place;
  if (rule.kind === 'object' && rule.isSecret) return `${where} must be ${mustBe(rule)}.`;
  return `${JSON.stringify(clip(field, MAX_QUOTED_CHARACTERS))} is not a known field in ${where}.`;
}

/** What to do about it, one sentence. */
export function adviseOn({ kind, path, rule }: Mistake): string {
  const inner = rule.kind === 'optional' ? rule.rule : rule;
  if (kind === 'unknown-field' && inner.kind === 'object')
    return `Its fields are ${Object.keys(inner.fields).join(', ')}.`;
  if (inner.fix !== undefined) return inner.fix;
  const example = inner.example === undefined ? '' : `, for example to ${JSON.stringify(inner.example)}`;
  return `Correct ${formatPath(path, rule) || describeValue(rule)}${example}, and try again.`;
}

/** `notify[0].url`. An option has the same name wherever it stands: in `options`, in a manifest's `run`, or alone. */
function formatPath(path: ValuePath, rule: Rule): string {
  const [first, ...rest] = path;
  const inside = first === 'options' || first === 'run' ? rest : path;
  const inner = rule.kind === 'optional' ? rule.rule : rule;
  // A value that is checked alone, such as a schedule's name, is called by its rule.
  const named = inner.name === undefined ? inside : [...inside.slice(0, -1), inner.name];
  return named
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

function mustBe(rule: Rule): string {
  return rule.kind === 'optional' ? rule.rule.must : rule.must;
}

function describeValue(rule: Rule): string {
  const inner = rule.kind === 'optional' ? rule.rule : rule;
  return inner.kind === 'object' ? inner.title : 'the value';
}

function capitalise(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

function wrong(rule: Rule, path: ValuePath): Mistake {
  return { kind: 'wrong', path, rule };
}

function findFirst<T>(
  values: readonly T[],
  find: (value: T, index: number) => Mistake | undefined,
): Mistake | undefined {
  for (const [index, value] of values.entries()) {
    const mistake = find(value, index);
    if (mistake) return mistake;
  }
  return undefined;
}

function isNumberInRange(
  { isWhole, min = -Infinity, max = Infinity }: { isWhole: boolean; min?: number; max?: number },
  value: unknown,
): boolean {
  // NaN in a timer fails the workflow task for ever.
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  return value >= min && value <= max && (!isWhole || Number.isSafeInteger(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLeftOut(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Without fields that are `null` or `undefined`, at every depth. */
export function withoutNull<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNull) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => !isLeftOut(inner));
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutNull(inner)])) as T;
}
