import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { BatchProgress } from '../contract/index.ts';
import { SEARCH_ATTRIBUTES as ours } from '../contract/search-attributes.ts';

/** What can be filtered for. It changes with states and rounds only, not with every check: each change is an event. */
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
    { key: ours.BatchId, value: batchId },
    { key: ours.BatchState, value: state },
    { key: ours.StopReason, value: stop?.code ?? null },
    { key: ours.GeminiModel, value: model ?? null },
    { key: ours.GeminiJob, value: job ?? null },
    { key: ours.BatchLabels, value: labels.length > 0 ? labels : null },
    { key: ours.OutputsTotal, value: outputs.total },
    { key: ours.OutputsDone, value: outputs.image },
    { key: ours.OutputsFailed, value: outputs.refused + outputs.failed + outputs.missing },
  ] as SearchAttributeUpdatePair[];
}
