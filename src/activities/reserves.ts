import { sumUsd } from '../batch/money.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { type PermitRecord, readPermits } from './permits.ts';
import { type CollectedMark, findLastRound } from './standing.ts';
import type { EndedJob, Reserves } from './types.ts';

/**
 * What the submissions of a batch may still cost, over all rounds and runs.
 *
 * A permit reserves its worst case from before its POST. Usage settles it when its job is collected. It costs nothing where Google
 * refused it, its job ended without a result, or an operator said that it made none. A submission without an answer, and a job whose
 * results are gone, keep their reserve; so do the answers of a collected job that do not say what they cost.
 */
export async function readReserves(store: Store, batchId: string): Promise<Reserves> {
  const rounds = await findLastRound(store, batchId);
  const byRound = await Promise.all(
    Array.from({ length: rounds }, (_, index) => readRound(store, batchId, index + 1)),
  );
  return {
    reservedUsd: sumUsd(byRound.map(({ reservedUsd }) => reservedUsd)),
    unanswered: byRound.reduce((sum, { unanswered }) => sum + unanswered, 0),
  };
}

async function readRound(store: Store, batchId: string, round: number): Promise<Reserves> {
  const permits = await readPermits(store, batchId, round);
  const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
  const reserved = permits.filter((permit) => isReserved(permit, mark?.jobs ?? []));
  return {
    reservedUsd: sumUsd([...reserved.map(({ worstUsd = 0 }) => worstUsd), mark?.unmeteredUsd ?? 0]),
    unanswered: reserved.filter(({ answer }) => !answer).length,
  };
}

function isReserved({ answer, noJob, noResult }: PermitRecord, collected: readonly EndedJob[]): boolean {
  if (noResult || (noJob && !answer) || (answer && 'refused' in answer)) return false;
  return !collected.some(({ job, lost }) => answer?.job === job && !lost);
}
