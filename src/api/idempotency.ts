import type { FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { requestPlaces } from '../contract/places.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './tokens.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The request that a key was first sent with. */
interface Claim {
  /** Fingerprint of the request, hex. */
  fingerprint: string;
  batchId: string;
}

/** The request's `Idempotency-Key`; undefined if it has none. @throws `usage` */
export function readIdempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new HummingbatchError('usage', 'The Idempotency-Key cannot be read.', {
    fix: 'Send one of 1 to 200 visible ASCII characters, such as a UUID.',
  });
}

/** The id of a request at the workflow. Equal keys of two callers give two ids. */
export function deriveRequestId(caller: Caller | undefined, key: string): string {
  return `${caller?.name ?? ''}/${key}`;
}

/**
 * Runs the operation of a key once. A key that is sent again while the operation runs, runs it again, so the operation must be
 * idempotent itself. A key that is sent again later does nothing. Keys are kept for ever, as batches are.
 *
 * @throws `request-conflict` if the key was used for another request
 */
export async function runOnce(
  { store, caller, key }: { store: Store; caller: Caller | undefined; key: string | undefined },
  claim: Claim,
  operation: () => Promise<unknown>,
): Promise<void> {
  if (key === undefined) {
    await operation();
    return;
  }
  const hash = computeSha256(deriveRequestId(caller, key));
  await claimKey(store, requestPlaces(hash).claim, claim);
  const { done } = requestPlaces(hash);
  if (await store.head(done)) return;
  await operation();
  await store.put(done, toJson({}));
}

async function claimKey(store: Store, place: string, claim: Claim): Promise<void> {
  if (await store.putIfAbsent(place, toJson(claim))) return;
  const earlier = await getJson<Claim>(store, place);
  if (!earlier || (earlier.fingerprint === claim.fingerprint && earlier.batchId === claim.batchId)) return;
  throw new HummingbatchError(
    'request-conflict',
    `This Idempotency-Key was used for another request: for the batch ${earlier.batchId} with the fingerprint ${earlier.fingerprint.slice(0, 12)}, now for ${claim.batchId} with ${claim.fingerprint.slice(0, 12)}.`,
  );
}

/** The fingerprint of what a request asks for. */
export function fingerprintRequest(...parts: unknown[]): string {
  return computeSha256(JSON.stringify(parts));
}
