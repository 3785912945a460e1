import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import type { PlannedOutput } from '../batch/plan.ts';
import { requestLine, type UploadedFile } from '../batch/request-line.ts';
import { HummingbatchError, type Manifest } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { RemoteFile } from '../gemini/index.ts';
import { getJson, toJson } from '../store/json.ts';
import {
  readBatchFiles,
  type StoredReference,
  type StoredReferences,
  selectedOutputs,
} from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import type { StepContext } from './step.ts';
import type { RoundInput, Staged } from './types.ts';

/** A file at Google, as the store remembers it. */
export interface StagedFile {
  name: string;
  uri: string;
  mimeType: string;
  expiresAt: number;
  sha256: string;
  bytes: number;
}

// Google deletes files after 48 h. Whether a row needs its references until it runs is not documented, so each has at
// least half of that left when its job is made.
const FRESH_FOR_MS = 24 * 3_600_000;
// Two saturate an ordinary line; more only share it.
const UPLOADS_AT_ONCE = 3;
const PROCESSING_POLL_MS = 1_000;

/** Uploads what a round needs: each distinct reference once, and its request file. Does nothing where all is there and fresh. */
export async function stageRound(
  deps: ActivityDeps,
  input: RoundInput,
  context: StepContext,
): Promise<Staged> {
  const { store } = deps;
  const { manifest, plan } = await readBatchFiles(store, input.batchId);
  const outputs = await selectedOutputs(store, input.batchId, input.round, plan);
  const stored = (await getJson<StoredReferences>(store, batchPlaces(input.batchId).references)) ?? {};
  const needed = distinct(outputs.flatMap((output) => referencesOf(manifest, output, stored)));

  const remembered = await readUploads(deps, input.batchId);
  const uploadedBefore = new Set(Object.keys(remembered));
  const uploads = await uploadReferences(deps, input.batchId, needed, remembered, context);
  const lines = () => requestLines(manifest, outputs, stored, uploads);
  const { file, fresh } = await uploadRequests(deps, input, lines, context);

  const sent = needed
    .filter(({ sha256 }) => !uploadedBefore.has(sha256))
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    file: file.name,
    bytes: file.bytes,
    references: needed.length,
    uploadedBytes: sent + (fresh ? file.bytes : 0),
  };
}

function referencesOf(
  manifest: Manifest,
  { item }: PlannedOutput,
  stored: StoredReferences,
): StoredReference[] {
  return (manifest.items[item]?.references ?? []).flatMap((name) => stored[name] ?? []);
}

function distinct(references: StoredReference[]): StoredReference[] {
  return [...new Map(references.map((reference) => [reference.sha256, reference])).values()];
}

type Uploads = Record<string, StagedFile>;

/** What was uploaded before and lives long enough. */
async function readUploads({ store, now }: ActivityDeps, batchId: string): Promise<Uploads> {
  const known = (await getJson<Uploads>(store, batchPlaces(batchId).uploads)) ?? {};
  return Object.fromEntries(Object.entries(known).filter(([, file]) => isFresh(file, now())));
}

function isFresh(file: StagedFile, now: number): boolean {
  return file.expiresAt - now >= FRESH_FOR_MS;
}

/** Uploads the references that are not there; each is remembered as soon as it is, so that a crash repeats none. */
async function uploadReferences(
  deps: ActivityDeps,
  batchId: string,
  needed: StoredReference[],
  known: Uploads,
  context: StepContext,
): Promise<Uploads> {
  const uploads = { ...known };
  let writing = Promise.resolve();
  const remember = (file: StagedFile): Promise<void> => {
    uploads[file.sha256] = file;
    const snapshot = toJson(uploads);
    writing = writing.then(() => deps.store.put(batchPlaces(batchId).uploads, snapshot));
    return writing;
  };
  const missing = needed.filter(({ sha256 }) => !uploads[sha256]);
  await pMap(
    missing,
    async ({ sha256, place, mime, bytes }) => {
      const chunks = (offset: number) => from(deps.store.read(place), offset);
      const file = await deps.gemini.files.upload(
        { displayName: `hb/${batchId}/${sha256.slice(0, 12)}`, mimeType: mime, bytes, chunks },
        context.signal,
        () => context.heartbeat({ uploaded: Object.keys(uploads).length, of: needed.length }),
      );
      await remember({ ...(await untilActive(deps, file, context.signal)), sha256, bytes });
    },
    { concurrency: UPLOADS_AT_ONCE, signal: context.signal },
  );
  return uploads;
}

/** Google looks at an upload before it can be used. */
async function untilActive(
  { gemini }: ActivityDeps,
  uploaded: RemoteFile,
  signal: AbortSignal,
): Promise<RemoteFile> {
  let file = uploaded;
  while (file.state === 'PROCESSING') {
    await pause(PROCESSING_POLL_MS, undefined, { signal });
    file = await gemini.files.get(file.name, signal);
  }
  if (file.state === 'FAILED') {
    throw new HummingbatchError(
      'file-rejected',
      `Google could not process the uploaded file ${file.name} (${file.mimeType}).`,
    );
  }
  return file;
}

function* requestLines(
  manifest: Manifest,
  outputs: PlannedOutput[],
  stored: StoredReferences,
  uploads: Uploads,
): Generator<Uint8Array> {
  for (const output of outputs) {
    const item = manifest.items[output.item];
    if (!item)
      throw new HummingbatchError(
        'store-corrupt',
        `The plan names an item that the manifest has not: ${output.output}.`,
      );
    const files = referencesOf(manifest, output, stored).map(({ sha256 }) => uploads[sha256] as UploadedFile);
    yield Buffer.from(`${requestLine(manifest.model, item, output, files)}\n`);
  }
}

/** Uploads the request file, unless the same bytes are there and fresh. Two passes over the lines: never all at once in memory. */
async function uploadRequests(
  deps: ActivityDeps,
  { batchId, round }: RoundInput,
  lines: () => Iterable<Uint8Array>,
  context: StepContext,
): Promise<{ file: StagedFile; fresh: boolean }> {
  const { store, gemini, now } = deps;
  const place = batchPlaces(batchId).round(round).staged;
  const { sha256, bytes } = digest(lines());
  const known = await getJson<StagedFile>(store, place);
  if (known && known.sha256 === sha256 && isFresh(known, now())) return { file: known, fresh: false };
  const uploaded = await gemini.files.upload(
    {
      displayName: `hb/${batchId}/r${round}`,
      mimeType: 'application/jsonl',
      bytes,
      chunks: (offset) => from(lines(), offset),
    },
    context.signal,
    (sent) => context.heartbeat({ requestBytes: sent, of: bytes }),
  );
  const file: StagedFile = { ...(await untilActive(deps, uploaded, context.signal)), sha256, bytes };
  await store.put(place, toJson(file));
  return { file, fresh: true };
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

/** The same stream without its first `offset` bytes. */
async function* from(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for await (const chunk of chunks) {
    const dropped = Math.min(skip, chunk.byteLength);
    skip -= dropped;
    if (dropped < chunk.byteLength) yield chunk.subarray(dropped);
  }
}
