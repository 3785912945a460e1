import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { BatchProgress } from '../contract/index.ts';
import { countLabelBytes, MAX_LABEL_BYTES } from '../contract/labels.ts';
import { SEARCH_ATTRIBUTES as KEYS } from '../contract/search-attributes.ts';
import { clip } from '../contract/text.ts';

/**
 * Temporal's databases keep a keyword of at most 255 characters, and its server terminates a workflow that sets a value of
 * more than 2048 bytes. Whatever is in it, a paid batch must not end of its search attributes.
 */
const MAX_KEYWORD_CHARACTERS = 255;

/** The search attributes of a batch. They change with states and rounds, and not with every check: each change is an event. */
export function buildSearchAttributes({
  batchId,
  state,
  stop,
  model,
  labels = [],
  job,
  outputs,
}: BatchProgress): SearchAttributeUpdatePair[] {
  return [
    { key: KEYS.BatchId, value: batchId },
    { key: KEYS.BatchState, value: state },
    { key: KEYS.StopReason, value: stop?.code ?? null },
    { key: KEYS.GeminiModel, value: keyword(model) },
    { key: KEYS.GeminiJob, value: keyword(job) },
    { key: KEYS.BatchLabels, value: labels.length > 0 ? fitting(labels) : null },
    { key: KEYS.OutputsTotal, value: outputs.total },
    { key: KEYS.OutputsDone, value: outputs.image },
    { key: KEYS.OutputsFailed, value: outputs.refused + outputs.failed + outputs.missing },
  ] as SearchAttributeUpdatePair[];
}

function keyword(text: string | undefined): string | null {
  return text === undefined ? null : clip(text, MAX_KEYWORD_CHARACTERS);
}

/** The first labels that fit. An input has no more, unless it is older than the rule. */
function fitting(labels: readonly string[]): string[] {
  const whole = labels.map((label) => clip(label, MAX_KEYWORD_CHARACTERS));
  return whole.filter((_, index) => countLabelBytes(whole.slice(0, index + 1)) <= MAX_LABEL_BYTES);
}
