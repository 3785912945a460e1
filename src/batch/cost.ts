import type { Item, Manifest } from '../contract/manifest.ts';
import type { Usage } from '../contract/record.ts';
import { findModel, isImageSize, type Model } from './models.ts';
import { type PlannedOutput, planOutputs } from './plan.ts';
import { estimateTextTokens, maxTextTokens } from './tokens.ts';

/** The expected tokens and cost of a batch, or of some of its outputs. */
export interface Estimate {
  outputs: number;
  inputTokens: number;
  /** Undefined where the model is not in our table. */
  imageTokens?: number;
  /** Undefined where the model is not in our table. Show that it is unknown, not that it is free. */
  price?: Price;
}

/** USD, not rounded. */
export interface Price {
  batchUsd: number;
  interactiveUsd: number;
  savingUsd: number;
}

/** A batch job costs half of the same interactive calls, for every kind of token. */
const BATCH_DISCOUNT = 0.5;

/**
 * Tokens for thinking and text of one answer, for the worst case only. Users report that up to half of an answer's
 * output is thinking: as many tokens as the 1120 of the image. The allowance is twice that.
 */
const THINKING_ALLOWANCE = 2240;

/** For a model that is not in our table: the value of most models in it. */
const TOKENS_PER_REFERENCE = 1120;

/**
 * Estimates tokens and cost of a manifest's outputs: prompts, references, and one image each. Thinking is left out, as
 * in Google's own prices per image.
 *
 * @param outputs the outputs to estimate; unset: all of them
 */
export function estimate(
  manifest: Manifest,
  outputs: readonly PlannedOutput[] = planOutputs(manifest),
): Estimate {
  const model = findModel(manifest.model);
  const usage = expectedUsage(manifest, model, outputs, estimateTextTokens);
  const counts = { outputs: outputs.length, inputTokens: usage.input };
  return model ? { ...counts, imageTokens: usage.image, price: computePrice(model, usage) } : counts;
}

/**
 * The worst-case cost of a round with these outputs, USD: one token for every byte of a prompt, one image each, and the
 * allowance for thinking. An answer with several images costs more; that cannot be known before. Undefined where the
 * model is not in our table.
 */
export function worstCaseUsd(manifest: Manifest, outputs: readonly PlannedOutput[]): number | undefined {
  const model = findModel(manifest.model);
  if (!model) return undefined;
  const usage = expectedUsage(manifest, model, outputs, maxTextTokens);
  return computePrice(model, { ...usage, text: THINKING_ALLOWANCE * outputs.length }).batchUsd;
}

/** The cost of an answer in a batch, USD, not rounded. Undefined where the model is not in our table. */
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
  countTokens: (text: string) => number,
): Usage {
  const byItem = manifest.items.map((item) => ({
    input:
      countTokens(item.prompt) +
      countTokens(item.systemInstruction ?? '') +
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

/** The number of reference images of an item; one name may stand for several images. */
function countReferences(manifest: Manifest, item: Item): number {
  return item.references.reduce((sum, name) => sum + (manifest.references[name]?.length ?? 0), 0);
}

/** The tokens of one image. A size that the model's row lacks counts as its most expensive one. */
function imageTokens(model: Model, size: string): number {
  const known = isImageSize(size) ? model.tokensPerImage[size] : undefined;
  return known ?? Math.max(...Object.values(model.tokensPerImage));
}
