import { settle } from '../batch/settle.ts';
import type { OutputRecord } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Store } from '../store/store.ts';
import { readBatchFiles, selectedOutputs } from './batch-files.ts';
import { findLastRound, readAnswers } from './standing.ts';

/**
 * The records of those outputs of an open batch that no later round asks for, in the manifest's order: as the report will
 * have them, unless a later job answers an output that it was not asked for.
 *
 * Collecting writes the next round's selection before its mark, and a retry its selection before its first round, so an
 * output is final once a collected round asked for it and no selection after that round holds it.
 */
export async function readFinalRecords(store: Store, batchId: string): Promise<OutputRecord[]> {
  const last = await findLastRound(store, batchId);
  const collected = await findLastCollected(store, batchId, last);
  if (collected === 0) return [];
  const { manifest, plan } = await readBatchFiles(store, batchId);
  const open = new Set<string>();
  for (let round = collected + 1; round <= last; round++)
    for (const { output } of await selectedOutputs(store, batchId, round, plan)) open.add(output);
  const answers = await readAnswers(store, batchId, collected);
  const answered = new Set(answers.map(({ output }) => output));
  const final = plan.filter(({ output }) => answered.has(output) && !open.has(output));
  return settle(final, answers, manifest);
}

async function findLastCollected(store: Store, batchId: string, last: number): Promise<number> {
  const places = batchPlaces(batchId);
  for (let round = last; round > 0; round--)
    if (await store.head(places.round(round).collected)) return round;
  return 0;
}
