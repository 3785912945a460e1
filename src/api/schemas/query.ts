import { z } from 'zod';

function asList(value: unknown): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}

/** A query parameter that may occur several times. */
export function oneOrMore<Word extends string>(
  words: readonly [Word, ...Word[]] | readonly Word[],
  description: string,
  example: Word,
) {
  const item = z.enum(words as [Word, ...Word[]]);
  return z
    .preprocess(asList, z.array(item).optional())
    .meta({ description, type: 'array', items: { type: 'string', enum: [...words] }, example: [example] });
}

/** The same for any text. */
export function texts(description: string, example: string) {
  return z
    .preprocess(asList, z.array(z.string().max(200)).max(100).optional())
    .meta({ description, type: 'array', items: { type: 'string' }, example: [example] });
}

/** The size of a page. */
export function limit(defaultLimit: number, max: number) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .max(max)
    .default(defaultLimit)
    .meta({ description: `At most this many. Default ${defaultLimit}.`, examples: [defaultLimit] });
}
