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

/** An output with what its request is made of. */
interface Wanted {
  planned: PlannedOutput;
  item: Item;
  references: StoredReference[];
}

/** Uploads what a round needs: each distinct reference once, and its request file. Does nothing where all is there and fresh. */
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
  const wanted = outputs.map((planned) => toWanted(planned, manifest, stored));

  const needed = distinct(wanted.flatMap(({ references }) => references));
  const references = await stageReferences(deps, batchId, needed, context);
  const lines = () => requestLines(manifest.model, wanted, references.uploads);
  const requests = await stageRequests(deps, input, lines, context);
  return {
    file: requests.file.name,
    bytes: requests.file.bytes,
    references: needed.length,
    uploadedBytes: references.sent + requests.sent,
  };
}

/** @throws `store-corrupt` where anything of it is lost: a request without its references would be paid for nothing */
function toWanted(planned: PlannedOutput, manifest: Manifest, stored: StoredReferences | undefined): Wanted {
  const item = manifest.items[planned.item];
  if (!item) throw lost(`the item of ${planned.output}`);
  const references = item.references.flatMap((name) => {
    const images = stored?.[name];
    if (!images) throw lost(`the reference ${name} of ${planned.output}`);
    return images;
  });
  return { planned, item, references };
}

function lost(what: string): HummingbatchError {
  return new HummingbatchError('store-corrupt', `What was prepared does not hold ${what}.`);
}

function distinct(references: StoredReference[]): StoredReference[] {
  return [...new Map(references.map((reference) => [reference.sha256, reference])).values()];
}

function* requestLines(model: string, wanted: readonly Wanted[], uploads: Uploads): Generator<Uint8Array> {
  for (const { planned, item, references } of wanted) {
    const files = references.map(({ sha256 }) => uploads[sha256] as UploadedFile);
    yield Buffer.from(`${requestLine(model, item, planned, files)}\n`);
  }
}
