import type { Usage } from '../contract/record.ts';
import { field, isObject, listField } from './json.ts';

/**
 * Parses `usageMetadata` into the tokens of one answer by price; undefined where it has none.
 *
 * Image tokens are those of modality IMAGE in `candidatesTokensDetails`. Where the details do not list them and there
 * is an image, they are the part of `candidatesTokenCount` that the details leave out. All other output is text,
 * including thoughts, which Google counts apart from the candidates and bills as text.
 */
export function parseUsage(usageMetadata: unknown, { hasImage }: { hasImage: boolean }): Usage | undefined {
  if (!isObject(usageMetadata)) return undefined;
  const input = tokens(usageMetadata, 'promptTokenCount');
  const thoughts = tokens(usageMetadata, 'thoughtsTokenCount');
  const total = tokens(usageMetadata, 'candidatesTokenCount');
  const details = parseDetails(usageMetadata);
  if (input === undefined && thoughts === undefined && total === undefined && details === undefined)
    return undefined;

  const candidates = total ?? (details ? details.image + details.rest : 0);
  const unlisted = hasImage ? Math.max(0, candidates - (details?.rest ?? 0)) : 0;
  const image = details?.image || unlisted;
  return { input: input ?? 0, text: Math.max(0, candidates - image) + (thoughts ?? 0), image };
}

/** Adds up the usage of several answers; undefined where none has usage. */
export function addUsage(usages: readonly (Usage | undefined)[]): Usage | undefined {
  const known = usages.filter((usage) => usage !== undefined);
  if (known.length === 0) return undefined;
  return known.reduce((sum, usage) => ({
    input: sum.input + usage.input,
    text: sum.text + usage.text,
    image: sum.image + usage.image,
  }));
}

function parseDetails(usageMetadata: unknown): { image: number; rest: number } | undefined {
  const details = listField(usageMetadata, 'candidatesTokensDetails');
  if (details.length === 0) return undefined;
  const sum = { image: 0, rest: 0 };
  for (const detail of details) {
    sum[field(detail, 'modality') === 'IMAGE' ? 'image' : 'rest'] += tokens(detail, 'tokenCount') ?? 0;
  }
  return sum;
}

/** A larger count is an error: a model's output has at most 32,768 tokens, its input 131,072. */
const MAX_TOKENS = 1_000_000_000;

/** Reads a token count, a number or int64 text; undefined for anything else. */
function tokens(value: unknown, name: string): number | undefined {
  const given = field(value, name);
  const count = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MAX_TOKENS
    ? count
    : undefined;
}
