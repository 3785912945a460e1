import type { Usage } from '../contract/record.ts';
import { field, isObject, listField } from './json.ts';

/**
 * The tokens of one answer by what they cost, from its `usageMetadata`; undefined where it tells nothing.
 *
 * Image tokens are those of modality IMAGE in `candidatesTokensDetails`; where the details do not name them, they are what
 * the details leave of `candidatesTokenCount` if there was an image. All other output is text, thoughts included: Google
 * counts those apart from the candidates and bills them as text.
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
  const unnamed = hasImage ? Math.max(0, candidates - (details?.rest ?? 0)) : 0;
  const image = details?.image || unnamed;
  return { input: input ?? 0, text: Math.max(0, candidates - image) + (thoughts ?? 0), image };
}

/** Usage of several answers together; undefined where none has any. */
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

/** No answer comes near this: a model's output ends at 32,768 tokens, its input at 131,072. */
const MAX_TOKENS = 1_000_000_000;

/** A count of tokens, given as a number or as int64 text; undefined where it is neither. */
function tokens(value: unknown, name: string): number | undefined {
  const given = field(value, name);
  const count = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MAX_TOKENS
    ? count
    : undefined;
}
