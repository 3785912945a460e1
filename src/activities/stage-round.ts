import type { PlannedOutput } from '../batch/plan.ts';
import { requestLine, type UploadedFile } from '../batch/request-line.ts';
import { HummingbatchError, type Item, type Manifest } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import {
  readBatchFiles,
  type StoredReference,
  type StoredReferences,
  selectedOutputs,
} from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import { stageReferences, type Uploads } from './staging/references.ts';
import { stageRequests } from './staging/requests.ts';
import type { StepContext } from './step.ts';
import type { RoundInput, Staged } from './types.ts';

/** An output with everything that its request line is made of. */
interface RequestSource {
  planned: PlannedOutput;
  item: Item;
  references: StoredReference[];
}

/**
 * Uploads the files of a round: each distinct reference once, and the request file. Uploads nothing where all files are
 * at Google and at least 24 of their 48 h are left.
 *
 * @throws `store-corrupt`, `disk-full`, `file-rejected`, and errors of Google and the store
 */
export async function stageRound(
  deps: ActivityDeps,
  input: RoundInput,
  context: StepContext,
): Promise<Staged> {
  const { store } = deps;
  const { batchId, round } = input;
  const { manifest, plan } = await readBatchFiles(store, batchId);
  const stored = await getJson<StoredReferences>(store, batchPlaces(batchId).references);
  const outputs = await selectedOutputs(store, batchId, round, plan);
  const sources = outputs.map((planned) => toRequestSource(planned, manifest, stored));

  const needed = uniqueReferences(sources.flatMap(({ references }) => references));
  const references = await stageReferences(deps, batchId, needed, context);
  const lines = () => requestLines(manifest.model, sources, references.uploads);
  const requests = await stageRequests(deps, input, lines, context);
  return {
    file: requests.file.name,
    bytes: requests.file.bytes,
    references: needed.length,
    uploadedBytes: references.sent + requests.sent,
  };
}

/**
 * @throws `store-corrupt` where the item or a reference is missing: a request without its references would be paid for
 *   nothing
 */
function toRequestSource(
  planned: PlannedOutput,
  manifest: Manifest,
  stored: StoredReferences | undefined,
): RequestSource {
  const item = manifest.items[planned.item];
  if (!item) throw missingPart(`the item of ${planned.output}`);
  const references = item.references.flatMap((name) => {
    const images = stored?.[name];
    if (!images) throw missingPart(`the reference ${name} of ${planned.output}`);
    return images;
  });
  return { planned, item, references };
}

function missingPart(what: string): HummingbatchError {
  return new HummingbatchError('store-corrupt', `The prepared files in the store lack ${what}.`);
}

function uniqueReferences(references: StoredReference[]): StoredReference[] {
  return [...new Map(references.map((reference) => [reference.sha256, reference])).values()];
}

function* requestLines(
  model: string,
  sources: readonly RequestSource[],
  uploads: Uploads,
): Generator<Uint8Array> {
  for (const { planned, item, references } of sources) {
    const files = references.map(({ sha256 }) => uploads[sha256] as UploadedFile);
    yield Buffer.from(`${requestLine(model, item, planned, files)}\n`);
  }
}
