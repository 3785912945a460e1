import type { Estimate, Price } from './cost.ts';
import { formatUsd, roundUsd } from './money.ts';

const HOUR = 3_600_000;

/** Google's target; most jobs end sooner. https://ai.google.dev/gemini-api/docs/batch-api */
const TARGET_WAIT_MS = 24 * HOUR;
/** After this Google ends a job as expired. */
const MAX_WAIT_MS = 48 * HOUR;
/** Below this the saving is not worth the wait: ten images at 1K save 0.17 to 0.67 USD. */
const FEW_OUTPUTS = 10;

/** What a person weighs before anything is paid. */
export interface CostComparison {
  outputs: number;
  price?: Price;
  usualWaitMs: number;
  maxWaitMs: number;
  /** Which of the two ways fits better. */
  advice: 'batch' | 'interactive';
  /** The same for reading, one sentence each; the advice comes last, where there is one. */
  sentences: string[];
}

/**
 * The trade between a batch and the interactive API.
 *
 * @param withinMs when the images are wanted, ms from now; unset: no hurry
 */
export function compareCosts(
  { outputs, price }: Estimate,
  { withinMs }: { withinMs?: number } = {},
): CostComparison {
  const objections = [
    ...(outputs < FEW_OUTPUTS ? [`${outputs} ${outputs === 1 ? 'output is' : 'outputs are'} few`] : []),
    ...(withinMs !== undefined && withinMs < TARGET_WAIT_MS
      ? ['a batch may take longer than you want to wait']
      : []),
  ];
  return {
    outputs,
    ...(price && { price }),
    usualWaitMs: TARGET_WAIT_MS,
    maxWaitMs: MAX_WAIT_MS,
    advice: objections.length > 0 ? 'interactive' : 'batch',
    sentences: [priceSentence(price), waitSentence(), ...adviceSentence(objections)],
  };
}

/** The same for programs. Prices are null where the model's are not known. */
export function costComparisonJson(
  { outputs, price, usualWaitMs, maxWaitMs, advice }: CostComparison,
  uploadBytes: number,
) {
  return {
    outputs,
    batchUsd: price ? roundUsd(price.batchUsd) : null,
    interactiveUsd: price ? roundUsd(price.interactiveUsd) : null,
    savingUsd: price ? roundUsd(price.savingUsd) : null,
    uploadBytes,
    usualWaitMs,
    maxWaitMs,
    advice,
  };
}

function priceSentence(price: Price | undefined): string {
  if (!price)
    return 'The price of this model is not known here; Google bills a batch at half of the interactive price.';
  const { batchUsd, interactiveUsd, savingUsd } = price;
  return `As a batch ${formatUsd(batchUsd)}, interactive ${formatUsd(interactiveUsd)}: it saves ${formatUsd(savingUsd)}.`;
}

function waitSentence(): string {
  return `Google aims at ${TARGET_WAIT_MS / HOUR} hours and is mostly quicker; after ${MAX_WAIT_MS / HOUR} hours a job expires.`;
}

function adviceSentence(objections: readonly string[]): string[] {
  if (objections.length === 0) return [];
  return [`The interactive API fits better here: ${objections.join(', and ')}.`];
}
