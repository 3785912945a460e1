import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { BatchProgress } from '../contract/index.ts';
import { SEARCH_ATTRIBUTES as KEYS } from '../contract/search-attributes.ts';

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
    { key: KEYS.GeminiModel, value: model ?? null },
    { key: KEYS.GeminiJob, value: job ?? null },
    { key: KEYS.BatchLabels, value: labels.length > 0 ? labels : null },
    { key: KEYS.OutputsTotal, value: outputs.total },
    { key: KEYS.OutputsDone, value: outputs.image },
    { key: KEYS.OutputsFailed, value: outputs.refused + outputs.failed + outputs.missing },
  ] as SearchAttributeUpdatePair[];
}
