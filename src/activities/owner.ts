import type { ImageBatchInput, RunOptions } from '../contract/index.ts';
import { TOKEN_LABEL } from '../contract/labels.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import type { StepInput } from './types.ts';

/**
 * Who shares the transfers of a worker: the batches of one API token share as one, any other batch for its own. The first
 * `prepare` gets the labels with its input, before they are in the store.
 */
export async function findOwner(
  store: Store,
  { batchId, input }: StepInput & { input?: ImageBatchInput },
): Promise<string> {
  const labels = input?.options?.labels ?? (await readLabels(store, batchId)) ?? [];
  return labels.find((label) => label.startsWith(TOKEN_LABEL)) ?? `batch:${batchId}`;
}

async function readLabels(store: Store, batchId: string): Promise<RunOptions['labels']> {
  try {
    return (await getJson<RunOptions>(store, batchPlaces(batchId).options))?.labels;
  } catch {
    // The step says what is wrong with the store, and counts its attempts.
    return undefined;
  }
}
