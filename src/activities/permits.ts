import type { ErrorCode } from '../contract/errors.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';

/** The right to POST one submission, once. */
export interface Permit {
  displayName: string;
  /** Taken before the permit was written, ms since 1970: the POST may start until {@link POST_WITHIN_MS} later. */
  at: number;
  /** The most that its job can cost, USD: reserved until its cost is known. Absent where the model's price is unknown. */
  worstUsd?: number;
}

/** The outcome of the POST, where it is known. */
export type PermitAnswer = { job: string } | { refused: ErrorCode; message: string };

export interface PermitRecord extends Permit {
  submission: number;
  answer?: PermitAnswer;
  /** An operator says that it made no job. An answer with a job proves the contrary. */
  noJob?: true;
  /** Its job ended without a result, and is not billed. */
  noResult?: true;
}

/**
 * The POST must start this soon after the permit, ms. A process that was frozen in between must not wake up later and
 * pay.
 */
export const POST_WITHIN_MS = 10_000;
/** The deadline of the POST itself, ms. */
const POST_TAKES_MS = 20_000;

/** When the POST of a permit without an answer is over at the latest, ms since 1970. */
export function overBy({ at }: Pick<Permit, 'at'>): number {
  return at + POST_WITHIN_MS + POST_TAKES_MS;
}

/** The display name of a job: at most 120 ASCII characters. The nonce makes its beginning unique. */
export function toDisplayName(batchId: string, nonce: string, round: number, submission: number): string {
  return `${namePrefix(batchId, nonce, round)}${submission}`;
}

export function namePrefix(batchId: string, nonce: string, round: number): string {
  return `hb/${batchId}/${nonce}/r${round}.`;
}

/** Takes the permit for a submission. False where any attempt took it before. */
export function takePermit(
  store: Store,
  batchId: string,
  round: number,
  submission: number,
  permit: Permit,
): Promise<boolean> {
  return store.putIfAbsent(batchPlaces(batchId).round(round).permit(submission), toJson(permit));
}

export async function answerPermit(
  store: Store,
  batchId: string,
  round: number,
  submission: number,
  answer: PermitAnswer,
): Promise<void> {
  await store.putIfAbsent(batchPlaces(batchId).round(round).answer(submission), toJson(answer));
}

/** All permits of a round with their answers, by submission. */
export async function readPermits(store: Store, batchId: string, round: number): Promise<PermitRecord[]> {
  const places = batchPlaces(batchId).round(round);
  const keys = await store.list(places.permits);
  const numbers = keys.flatMap((key) => /\/(\d+)\.json$/.exec(key)?.[1] ?? []).map(Number);
  const records = numbers
    .sort((a, b) => a - b)
    .map(async (submission): Promise<PermitRecord> => {
      const permit = await getJson<Permit>(store, places.permit(submission));
      const answer = await getJson<PermitAnswer>(store, places.answer(submission));
      return {
        submission,
        displayName: permit?.displayName ?? '',
        at: permit?.at ?? 0,
        ...(permit?.worstUsd !== undefined && { worstUsd: permit.worstUsd }),
        ...(answer && { answer }),
        ...(keys.includes(places.free(submission, 'no-job')) && { noJob: true }),
        ...(keys.includes(places.free(submission, 'no-result')) && { noResult: true }),
      };
    });
  return Promise.all(records);
}
