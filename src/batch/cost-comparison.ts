import type { Estimate, Price } from './cost.ts';
import { formatUsd, roundUsd } from './money.ts';

const HOUR = 3_600_000;

/** The time that Google aims at; most jobs end sooner. https://ai.google.dev/gemini-api/docs/batch-api */
const TARGET_WAIT_MS = 24 * HOUR;
/** After this time Google ends a job as EXPIRED. */
const MAX_WAIT_MS = 48 * HOUR;
/** With fewer outputs the saving is not worth the wait: ten images at 1K save 0.17 to 0.67 USD. */
const MIN_OUTPUTS = 10;

/** Cost and time of a batch and of the interactive API, for a decision before anything is paid. */
export interface CostComparison {
  outputs: number;
  price?: Price;
  usualWaitMs: number;
  maxWaitMs: number;
  /** Which of the two fits better. */
  advice: 'batch' | 'interactive';
  /** The same as sentences: price, time, and the advice where it is `interactive`. */
  sentences: string[];
}

/**
 * Compares a batch with the interactive API.
 *
 * @param withinMs when the images are needed, ms from now; unset: any time
 */
export function compareCosts(
  { outputs, price }: Estimate,
  { withinMs }: { withinMs?: number } = {},
): CostComparison {
  const reasons = [
    ...(outputs < MIN_OUTPUTS
      ? [`${outputs} ${outputs === 1 ? 'output is' : 'outputs are'} too few for a batch`]
      : []),
    ...(withinMs !== undefined && withinMs < TARGET_WAIT_MS
      ? ['a batch may take longer than you want to wait']
      : []),
  ];
  return {
    outputs,
    ...(price && { price }),
    usualWaitMs: TARGET_WAIT_MS,
    maxWaitMs: MAX_WAIT_MS,
    advice: reasons.length > 0 ? 'interactive' : 'batch',
    sentences: [priceSentence(price), waitSentence(), ...adviceSentence(reasons)],
  };
}

/** The same for programs. Prices are null where the model has no known price. */
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
    return 'hummingbatch has no price for this model; Google bills a batch at half of the interactive price.';
  const { batchUsd, interactiveUsd, savingUsd } = price;
  return `As a batch ${formatUsd(batchUsd)}, interactive ${formatUsd(interactiveUsd)}: the batch saves ${formatUsd(savingUsd)}.`;
}

function waitSentence(): string {
  return `Google aims at ${TARGET_WAIT_MS / HOUR} hours and is usually faster; after ${MAX_WAIT_MS / HOUR} hours a job expires.`;
}

function adviceSentence(reasons: readonly string[]): string[] {
  if (reasons.length === 0) return [];
  return [`The interactive API fits better here: ${reasons.join(', and ')}.`];
}
