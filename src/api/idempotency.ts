import type { FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { requestPlaces } from '../contract/places.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './tokens.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** What a key was first sent with. */
interface Claim {
  /** Of what was asked for, hex. */
  fingerprint: string;
  batchId: string;
}

/** The request's `Idempotency-Key`; undefined where it has none. @throws `usage` */
export function readIdempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new HummingbatchError('usage', 'The Idempotency-Key cannot be read.', {
    fix: 'Send one of 1 to 200 visible ASCII characters, such as a UUID.',
  });
}

/** The name of a request to the workflow: two callers' keys are never the same. */
export function deriveRequestId(caller: Caller | undefined, key: string): string {
  return `${caller?.name ?? ''}/${key}`;
}

/**
 * Does what a key is sent with once. Sent again while that is done it is done again, so it must bear that; sent again later
 * it is not. A key is tied to its request for ever, as a batch is.
 *
 * @throws `request-conflict` where it came before with something else
 */
export async function runOnce(
  { store, caller, key }: { store: Store; caller: Caller | undefined; key: string | undefined },
  claim: Claim,
  act: () => Promise<unknown>,
): Promise<void> {
  if (key === undefined) {
    await act();
    return;
  }
  const hash = computeSha256(deriveRequestId(caller, key));
  await claimKey(store, requestPlaces(hash).claim, claim);
  const { done } = requestPlaces(hash);
  if (await store.head(done)) return;
  await act();
  await store.put(done, toJson({}));
}

async function claimKey(store: Store, place: string, claim: Claim): Promise<void> {
  if (await store.putIfAbsent(place, toJson(claim))) return;
  const there = await getJson<Claim>(store, place);
  if (!there || (there.fingerprint === claim.fingerprint && there.batchId === claim.batchId)) return;
  throw new HummingbatchError(
    'request-conflict',
    `This Idempotency-Key came before with another request: for the batch ${there.batchId} with the fingerprint ${there.fingerprint.slice(0, 12)}, this time for ${claim.batchId} with ${claim.fingerprint.slice(0, 12)}.`,
  );
}

/** Of what a request asks for. */
export function fingerprintRequest(...parts: unknown[]): string {
  return computeSha256(JSON.stringify(parts));
}
