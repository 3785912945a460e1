import { z } from 'zod';
import { check } from '../contract/check.ts';
import type { Infer, ListRule, ObjectRule, Rule } from '../contract/rules.ts';

/** The zod schema of values that a rule accepts. */
export type ZodOf<R> = z.ZodType<Infer<R>, Infer<R>>;

/** One schema for each rule: zod registers a schema's id globally, and refuses the same id twice. */
const schemas = new WeakMap<Rule, z.ZodType>();

/** A rule of the contract as a zod schema: for JSON Schema, for the description of the HTTP API, and for answers. */
export function toZod<R extends Rule>(rule: R): ZodOf<R> {
  const known = schemas.get(rule);
  if (known) return known as ZodOf<R>;
  const schema = build(rule);
  schemas.set(rule, schema);
  return schema as ZodOf<R>;
}

/** The same in one piece, for a schema that cannot refer to others. */
export function toInlineZod<R extends Rule>(rule: R): ZodOf<R> {
  return toZod(withoutIds(rule)) as ZodOf<R>;
}

/**
 * The body of a request. The contract's own check reads it, so a refusal has the same sentence as everywhere.
 *
 * @param examples on the inner schema: zod drops those of one that transforms
 */
export function toBody<R extends Rule>(rule: R, examples: Infer<R>[]) {
  return z.preprocess((value) => check(rule, value), toBodyZod(rule).meta({ examples }));
}

/** A body that may be left out. */
export function toOptionalBody<R extends Rule>(rule: R, examples: Infer<R>[]) {
  const read = (value: unknown) => (value === null || value === undefined ? value : check(rule, value));
  return z.preprocess(read, toBodyZod(rule).nullish().meta({ examples }));
}

/** Without the rule's own description, which is about a message of the workflow. */
function toBodyZod<R extends Rule>(rule: R): ZodOf<R> {
  const { description: _, ...rest } = withoutIds(rule);
  return toZod(rest as Rule) as ZodOf<R>;
}

function withoutIds(rule: Rule): Rule {
  if (rule.kind === 'optional')
    return { ...rule, rule: withoutIds(rule.rule) as Exclude<Rule, { kind: 'optional' }> };
  const { id: _, ...rest } = rule;
  if (rest.kind === 'list') return { ...rest, item: withoutIds(rest.item) };
  if (rest.kind !== 'object') return rest;
  const fields = Object.entries(rest.fields).map(([name, field]) => [name, withoutIds(field)]);
  return { ...rest, fields: Object.fromEntries(fields) };
}

function build(rule: Rule): z.ZodType {
  if (rule.kind === 'optional') {
    const { description, default: standard } = rule;
    const inner = toZod(rule.rule).optional();
    if (description === undefined && standard === undefined) return inner;
    return inner.meta({
      ...(description !== undefined && { description }),
      ...(standard !== undefined && { default: standard }),
    });
  }
  const { description, json, id } = rule;
  const schema = buildKind(rule);
  return description === undefined && json === undefined && id === undefined
    ? schema
    : schema.meta({
        ...(id !== undefined && { id }),
        ...(description !== undefined && { description }),
        ...json,
      });
}

function buildKind(rule: Exclude<Rule, { kind: 'optional' }>): z.ZodType {
  switch (rule.kind) {
    case 'text':
      return rule.json?.['format'] === 'date-time' ? z.iso.datetime() : z.string().refine(rule.accepts);
    case 'number':
      return buildNumber(rule);
    case 'boolean':
      return rule.only ? z.literal(true) : z.boolean();
    case 'choice':
      return z.enum(rule.words as [string, ...string[]]);
    case 'list':
      return buildList(rule);
    case 'object':
      return buildObject(rule);
    case 'variants': {
      const [first, ...rest] = rule.variants.map((variant) => toZod(variant) as unknown as z.ZodObject);
      return z.discriminatedUnion(rule.by, [first as z.ZodObject, ...rest]);
    }
    case 'anything':
      return z.record(z.string(), z.unknown());
  }
}

function buildList({ item, max, accepts }: ListRule): z.ZodType {
  const entries = max === undefined ? z.array(toZod(item)) : z.array(toZod(item)).max(max);
  return accepts ? entries.refine(accepts) : entries;
}

function buildNumber({ isWhole, min, max }: { isWhole: boolean; min?: number; max?: number }): z.ZodType {
  const kind: z.ZodNumber = isWhole ? z.int() : z.number();
  const bounded = min === undefined ? kind : kind.min(min);
  return max === undefined ? bounded : bounded.max(max);
}

function buildObject({ fields, others }: ObjectRule): z.ZodType {
  const shape = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, toZod(field)]));
  if (others === 'refused') return z.strictObject(shape);
  return others === 'kept' ? z.looseObject(shape) : z.object(shape);
}
