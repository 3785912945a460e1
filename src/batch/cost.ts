import type { Item, Manifest } from '../contract/manifest.ts';
import type { Usage } from '../contract/record.ts';
import { findModel, isImageSize, type Model } from './models.ts';
import { type PlannedOutput, planOutputs } from './plan.ts';
import { mostTextTokens, textTokens } from './tokens.ts';

/** What a batch, or some of its outputs, will take and cost before anything was sent. */
export interface Estimate {
  outputs: number;
  inputTokens: number;
  /** Undefined where the model is not in our table. */
  imageTokens?: number;
  /** Undefined where the model is not in our table: say so, and do not take it for nothing. */
  price?: Price;
}

/** USD, not rounded. */
export interface Price {
  batchUsd: number;
  interactiveUsd: number;
  savingUsd: number;
}

/** A batch job costs half of the same calls made one by one, for every kind of token. */
const BATCH_DISCOUNT = 0.5;

/**
 * Tokens of thinking and text that one answer may take, for the worst case only. Users see thinking of up to half of an
 * answer's output, which beside the 1120 tokens of an image are as many again: twice that.
 */
const THINKING_ALLOWANCE = 2240;

/** For a model that is not in our table: what most of those cost that are. */
const TOKENS_PER_REFERENCE = 1120;

/**
 * What outputs of a manifest will take and cost: their prompts, their references, one image each. Thinking is left out,
 * which Google's own prices per image do too.
 *
 * @param outputs which; unset: all of them
 */
export function estimate(
  manifest: Manifest,
  outputs: readonly PlannedOutput[] = planOutputs(manifest),
): Estimate {
  const model = findModel(manifest.model);
  const usage = expectedUsage(manifest, model, outputs, textTokens);
  const counts = { outputs: outputs.length, inputTokens: usage.input };
  return model ? { ...counts, imageTokens: usage.image, price: computePrice(model, usage) } : counts;
}

/**
 * The most that a round with these outputs will cost, USD: every byte of a prompt a token, one image each, and the
 * allowance for thinking. An answer with several images costs more, which nobody can know before. Undefined where the
 * model is not in our table.
 */
export function worstCaseUsd(manifest: Manifest, outputs: readonly PlannedOutput[]): number | undefined {
  const model = findModel(manifest.model);
  if (!model) return undefined;
  const usage = expectedUsage(manifest, model, outputs, mostTextTokens);
  return computePrice(model, { ...usage, text: THINKING_ALLOWANCE * outputs.length }).batchUsd;
}

/** What an answer cost as part of a batch, USD, not rounded. Undefined where the model is not in our table. */
export function actualUsd(model: string, usage: Usage): number | undefined {
  const known = findModel(model);
  return known && computePrice(known, usage).batchUsd;
}

function computePrice({ pricePerMillionUsd: price }: Model, usage: Usage): Price {
  const interactiveUsd =
    (usage.input * price.input + usage.text * price.text + usage.image * price.image) / 1e6;
  const batchUsd = interactiveUsd * BATCH_DISCOUNT;
  return { batchUsd, interactiveUsd, savingUsd: interactiveUsd - batchUsd };
}

function expectedUsage(
  manifest: Manifest,
  model: Model | undefined,
  outputs: readonly PlannedOutput[],
  tokensOf: (text: string) => number,
): Usage {
  const byItem = manifest.items.map((item) => ({
    input:
      tokensOf(item.prompt) +
      tokensOf(item.systemInstruction ?? '') +
      countReferences(manifest, item) * (model?.tokensPerReference ?? TOKENS_PER_REFERENCE),
    image: model ? imageTokens(model, item.imageSize) : 0,
  }));
  const sum = { input: 0, text: 0, image: 0 };
  for (const { item } of outputs) {
    sum.input += byItem[item]?.input ?? 0;
    sum.image += byItem[item]?.image ?? 0;
  }
  return sum;
}

/** How many images an item's references are; a name may stand for a set of them. */
function countReferences(manifest: Manifest, item: Item): number {
  return item.references.reduce((sum, name) => sum + (manifest.references[name]?.length ?? 0), 0);
}

/** A size that the model's row does not have costs what its dearest does. */
function imageTokens(model: Model, size: string): number {
  const known = isImageSize(size) ? model.tokensPerImage[size] : undefined;
  return known ?? Math.max(...Object.values(model.tokensPerImage));
}
