/**
 * A small language for what a value must be. Each input, option, message and answer of the contract is defined in it once.
 * Derived from that are the types, the published JSON Schema, the HTTP API's validation, the manifest's `run` block, the
 * checks of flags, and the workflow's own check.
 *
 * It is not zod, because a workflow and `hummingbatch/client` check with it: docs/decisions.md has the numbers.
 */
export type Rule =
  | TextRule
  | NumberRule
  | BooleanRule
  | ChoiceRule
  | ListRule
  | ObjectRule
  | VariantsRule
  | AnythingRule
  | OptionalRule;

interface Facts<T> {
  /** The type of an accepted value. Exists at compile time only. */
  readonly type?: T;
  /** What the value must be, as the end of "… must be". It never quotes a value, which may hold a secret. */
  readonly must: string;
  /** An accepted value, for the advice beside a refusal. */
  readonly example?: unknown;
  /** What to do about a refusal, one sentence; in place of one with the example. */
  readonly fix?: string;
  /** The name in sentences, where one option has two spellings: `deadline` and `deadlineMs`. */
  readonly name?: string;
  /** For readers of the published schema. */
  readonly description?: string;
  /** Keywords of JSON Schema that the kind does not imply, such as a pattern. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** The name under `$defs` in the published schema. */
  readonly id?: string;
}

export interface TextRule extends Facts<string> {
  readonly kind: 'text';
  readonly accepts: (text: string) => boolean;
}

export interface NumberRule extends Facts<number> {
  readonly kind: 'number';
  readonly isWhole: boolean;
  readonly min?: number;
  readonly max?: number;
}

export interface BooleanRule<T extends boolean = boolean> extends Facts<T> {
  readonly kind: 'boolean';
  /** The one value that is accepted; unset: both. */
  readonly only?: T;
}

export interface ChoiceRule<Word extends string = string> extends Facts<Word> {
  readonly kind: 'choice';
  readonly words: readonly Word[];
}

export interface ListRule<T = unknown> extends Facts<T> {
  readonly kind: 'list';
  readonly item: Rule;
  readonly max?: number;
  /** Of the list as a whole, where its entries are accepted. */
  readonly accepts?: (entries: readonly unknown[]) => boolean;
}

export interface ObjectRule<T = unknown, Shape extends Fields = Fields> extends Facts<T> {
  readonly kind: 'object';
  readonly fields: Shape;
  /** What becomes of a field that is not listed: inputs refuse it, answers of a later version may have more. */
  readonly others: 'refused' | 'ignored' | 'kept';
  /** The object in sentences, such as "the input". */
  readonly title: string;
  /** Whether a field's name may be a secret that was put in the wrong place. */
  readonly isSecret?: boolean;
}

/** An object of one of several shapes. The field `by` says which. */
export interface VariantsRule<T = unknown> extends Facts<T> {
  readonly kind: 'variants';
  readonly by: string;
  readonly variants: readonly ObjectRule[];
}

/** Any object of JSON. */
export interface AnythingRule extends Facts<Record<string, unknown>> {
  readonly kind: 'anything';
}

/** A field that may be left out. */
export interface OptionalRule<T = unknown> {
  readonly kind: 'optional';
  readonly type?: T;
  readonly rule: Exclude<Rule, OptionalRule>;
  /** In place of the rule's own. */
  readonly description?: string;
  readonly default?: unknown;
}

export type Fields = Readonly<Record<string, Rule>>;

/** The type of the values that a rule accepts. */
export type Infer<R> = R extends { readonly type?: infer T } ? T : never;

type OptionalNames<Shape> = {
  [Name in keyof Shape]: Shape[Name] extends { readonly kind: 'optional' } ? Name : never;
}[keyof Shape];

type Flat<T> = { [Name in keyof T]: T[Name] };

type ObjectOf<Shape> = Flat<
  { [Name in Exclude<keyof Shape, OptionalNames<Shape>>]: Infer<Shape[Name]> } & {
    [Name in OptionalNames<Shape>]?: Infer<Shape[Name]>;
  }
>;

type Extras<T> = Partial<Omit<Facts<T>, 'type'>>;

/** A text that `accepts` takes. The reader also refuses half a surrogate pair, which UTF-8 cannot carry. */
export function text(accepts: (text: string) => boolean, extras: Extras<string> = {}): TextRule {
  return { must: 'a text', ...extras, kind: 'text', accepts };
}

/** Whether a text has so many characters. JSON Schema counts them as Unicode does, and not as JavaScript does. */
export function hasLength(text: string, min: number, max: number): boolean {
  const { length } = Array.from(text.slice(0, 2 * max + 2));
  return length >= min && length <= max;
}

export function boolean(extras: Extras<boolean> = {}): BooleanRule {
  return { must: 'true or false', ...extras, kind: 'boolean' };
}

/** A field that is `true` or left out. */
export function only(extras: Extras<true> = {}): BooleanRule<true> {
  return { must: 'true', ...extras, kind: 'boolean', only: true };
}

export function integer(min: number, max: number | undefined, extras: Extras<number> = {}): NumberRule {
  const must = max === undefined ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`;
  return { must, ...extras, kind: 'number', isWhole: true, min, ...(max !== undefined && { max }) };
}

/** A finite number. */
export function number(extras: Extras<number> & { min?: number } = {}): NumberRule {
  return { must: 'a number', ...extras, kind: 'number', isWhole: false };
}

export function choice<const Word extends string>(
  words: readonly Word[],
  extras: Extras<Word> = {},
): ChoiceRule<Word> {
  return { must: `one of ${words.join(', ')}`, ...extras, kind: 'choice', words };
}

export function list<Item extends Rule>(
  item: Item,
  extras: Extras<readonly Infer<Item>[]> & {
    max?: number;
    accepts?: (entries: readonly Infer<Item>[]) => boolean;
  } = {},
): ListRule<readonly Infer<Item>[]> {
  const { accepts, ...rest } = extras;
  // It is asked about entries that the item's rule has accepted.
  const whole = accepts && { accepts: accepts as (entries: readonly unknown[]) => boolean };
  return { must: 'a list', ...rest, ...whole, kind: 'list', item };
}

/** An object of an input: a field that nobody knows may be a budget misspelled, so it is refused. */
export function object<const Shape extends Fields>(
  title: string,
  fields: Shape,
  extras: Extras<ObjectOf<Shape>> & { isSecret?: boolean } = {},
): ObjectRule<ObjectOf<Shape>, Shape> {
  return { must: 'an object', ...extras, kind: 'object', others: 'refused', title, fields };
}

/** An object of an answer. */
export function answer<const Shape extends Fields>(
  fields: Shape,
  extras: Extras<ObjectOf<Shape>> & { others?: 'ignored' | 'kept' } = {},
): ObjectRule<ObjectOf<Shape>, Shape> {
  return { must: 'an object', others: 'ignored', ...extras, kind: 'object', title: 'the answer', fields };
}

export function variants<const Variants extends readonly ObjectRule[]>(
  by: string,
  shapes: Variants,
  extras: Extras<Infer<Variants[number]>> = {},
): VariantsRule<Infer<Variants[number]>> {
  return { must: 'an object', ...extras, kind: 'variants', by, variants: shapes };
}

export function anything(extras: Extras<Record<string, unknown>> = {}): AnythingRule {
  return { must: 'an object', ...extras, kind: 'anything' };
}

export function optional<R extends Exclude<Rule, OptionalRule>>(
  rule: R,
  extras: { description?: string; default?: unknown } = {},
): OptionalRule<Infer<R>> {
  return { ...extras, kind: 'optional', rule };
}
