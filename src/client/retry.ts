import { createHash } from 'node:crypto';
import {
  type Flag,
  HummingbatchError,
  type ImageBatchInput,
  type Outcome,
  type OutputRecord,
  type RetrySelection,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { fingerprintOf } from '../manifest/index.ts';
import { parseStored } from '../manifest/stored.ts';
import { toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { unknownBatch } from './errors.ts';
import { storedRecords } from './stored.ts';

/** Which outputs of an ended batch to make again. Nothing named: all that is no image, refused excepted. */
export interface RetryChoice {
  /** Keys (`hero`) or outputs (`hero#2`). */
  keys?: readonly string[];
  outcomes?: readonly Outcome[];
  /** Images that carry one of these flags. */
  flags?: readonly Flag[];
}

const WORTH_A_RETRY: readonly Outcome[] = ['failed', 'missing'];

/**
 * Writes down what a retry is for. Its id comes from what it selects and from the records it selects from, so that the
 * same retry sent twice runs once.
 *
 * @throws `batch-unknown`, or `wrong-state` where nothing is selected
 */
export async function selectRetry(
  store: Store,
  batchId: string,
  choice: RetryChoice,
): Promise<{ input: ImageBatchInput; fingerprint: string; outputs: number }> {
  const places = batchPlaces(batchId);
  const bytes = await store.get(places.manifest);
  if (!bytes) throw unknownBatch(batchId);
  const hash = createHash('sha256');
  const outputs: string[] = [];
  for await (const record of storedRecords(store, batchId)) {
    hash.update(JSON.stringify([record.output, record.outcome, record.job]));
    if (isChosen(record, choice)) outputs.push(record.output);
  }
  if (outputs.length === 0) throw nothingToRetry(batchId, choice);
  const id = hash.update(JSON.stringify(outputs)).digest('hex').slice(0, 12);
  const anew = Boolean(choice.flags?.length || choice.keys?.length || choice.outcomes?.includes('image'));
  const selection: RetrySelection = { outputs, anew };
  await store.put(places.retry(id), toJson(selection));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const input = { batchId, manifest: { uri: places.manifest, sha256 }, retry: { id, uri: places.retry(id) } };
  return { input, fingerprint: fingerprintOf(parseStored(bytes, places.manifest)), outputs: outputs.length };
}

function isChosen({ output, key, outcome, flags }: OutputRecord, choice: RetryChoice): boolean {
  const { keys = [], outcomes = [], flags: wanted = [] } = choice;
  if (keys.length + outcomes.length + wanted.length === 0) return WORTH_A_RETRY.includes(outcome);
  return (
    keys.includes(key) ||
    keys.includes(output) ||
    outcomes.includes(outcome) ||
    wanted.some((flag) => flags.includes(flag))
  );
}

function nothingToRetry(batchId: string, { keys = [] }: RetryChoice): HummingbatchError {
  const what = keys.length > 0 ? `it has no ${keys.join(', ')}` : 'no output of it is of that kind';
  return new HummingbatchError('wrong-state', `There is nothing to retry in the batch ${batchId}: ${what}.`, {
    fix: `\`hummingbatch results ${batchId}\` shows its outputs; \`--outcome refused\` names refused ones too.`,
  });
}
