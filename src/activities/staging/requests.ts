import { createHash } from 'node:crypto';
import { batchPlaces } from '../../contract/places.ts';
import { getJson, toJson } from '../../store/json.ts';
import type { ActivityDeps } from '../deps.ts';
import type { StepContext } from '../step.ts';
import type { RoundInput } from '../types.ts';
import { isFresh, type StagedFile, skipBytes, waitUntilActive } from './staged-file.ts';

/**
 * Uploads the request file of a round, unless the same bytes are at Google and fresh.
 *
 * @param lines makes the lines anew on each call: they are passed over twice, so that they are never all in memory
 */
export async function stageRequests(
  deps: ActivityDeps,
  { batchId, round }: RoundInput,
  lines: () => Iterable<Uint8Array>,
  context: StepContext,
): Promise<{ file: StagedFile; sent: number }> {
  const { store, gemini, now } = deps;
  const place = batchPlaces(batchId).round(round).staged;
  const { sha256, bytes } = digest(lines());
  const known = await getJson<StagedFile>(store, place);
  if (known?.sha256 === sha256 && isFresh(known, now())) return { file: known, sent: 0 };
  const uploaded = await gemini.files.upload(
    {
      displayName: `hb/${batchId}/r${round}`,
      mimeType: 'application/jsonl',
      bytes,
      chunks: (offset) => skipBytes(lines(), offset),
    },
    context.signal,
    (sent) => context.heartbeat({ requestBytes: sent, of: bytes }),
  );
  context.count('uploadedBytes', bytes, {});
  const file: StagedFile = { ...(await waitUntilActive(deps, uploaded, context.signal)), sha256, bytes };
  await store.put(place, toJson(file));
  return { file, sent: bytes };
}

function digest(lines: Iterable<Uint8Array>): { sha256: string; bytes: number } {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const line of lines) {
    hash.update(line);
    bytes += line.byteLength;
  }
  return { sha256: hash.digest('hex'), bytes };
}
