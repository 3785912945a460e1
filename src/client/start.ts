import { join } from 'node:path';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { WorkflowIdReusePolicy } from '@temporalio/common';
import { summarise } from '../batch/summary.ts';
import {
  BATCH_OPTIONS,
  type BatchOptions,
  check,
  checkBatchId,
  HummingbatchError,
  type ImageBatchInput,
  isFiringId,
  type Manifest,
  reservedId,
  toWorkflowId,
  WORKFLOW_TYPE,
} from '../contract/index.ts';
import { FIRST_RUN_MEMO } from '../contract/known.ts';
import { batchPlaces } from '../contract/places.ts';
import { deriveBatchId } from '../manifest/batch-id.ts';
import { computeFingerprint } from '../manifest/canonical.ts';
import type { LocalReference, ManifestInput } from '../manifest/index.ts';
import { runOptionsFrom } from '../manifest/run-options.ts';
import { storeBehind } from '../store/behind.ts';
import { findMissingReferences } from '../store/references.ts';
import type { Store } from '../store/store.ts';
import { isOfStore } from './behind.ts';
import { lastRun, type Run } from './last-run.ts';
import { unknownBatch } from './near.ts';
import { conflict, putFiles } from './put-batch.ts';
import { readingManifests } from './reading-manifests.ts';
import { readFingerprint } from './stored.ts';

export interface StartRequest {
  /** A file on this machine, or its content. Paths in it are resolved here. */
  manifest: string | ManifestInput;
  /** The folder for the paths of a manifest that is an object. Default: the current folder. */
  folder?: string;
  /** Default: made of the manifest's name and fingerprint. */
  batchId?: string;
  /** Overrides the manifest's `run` block. */
  options?: Partial<BatchOptions>;
}

export interface NormalisedRequest {
  /** Normalised: without paths. */
  manifest: Manifest;
  /** Files on this machine that the manifest names by content; copied into the store before anything starts. */
  references?: readonly LocalReference[];
  /** Of the manifest, where the caller has computed it already; unset: computed here, once. */
  fingerprint?: string;
  /** Default: made of the manifest's name and fingerprint. */
  batchId?: string;
  /** Overrides the manifest's `run` block. */
  options?: Partial<BatchOptions>;
}

export interface Started {
  batchId: string;
  workflowId: string;
  /** The batch existed; nothing was started. */
  attached: boolean;
}

export interface StartContext {
  client: Client;
  store: Store;
  taskQueue: string;
  /** For every batch that is started here; a manifest's `run` block and a request's own options override it. */
  options: Partial<BatchOptions>;
}

/** Reads a manifest and its references, and starts it. @throws `manifest-invalid`, and what {@link startNormalised} throws */
export async function startBatch(context: StartContext, request: StartRequest): Promise<Started> {
  return startNormalised(context, await normalised(context.store, request));
}

/**
 * {@link startBatch} without the start; answers with the input that starts it from anywhere. The input names this store, which
 * its starter may not know.
 */
export async function putBatch(context: StartContext, request: StartRequest): Promise<ImageBatchInput> {
  const { input } = await put(context, await normalised(context.store, request));
  return { ...input, options: { store: context.store.id, ...input.options } };
}

/** A request with its manifest read. @throws `manifest-invalid` */
export async function normalised<Request extends Pick<StartRequest, 'manifest' | 'folder'>>(
  store: Store,
  request: Request,
): Promise<
  Omit<Request, 'manifest' | 'folder'> & Pick<NormalisedRequest, 'manifest' | 'references' | 'fingerprint'>
> {
  const { manifest: written, folder = '.', ...rest } = request;
  const { manifestError, readManifest } = await readingManifests();
  const read = await readManifest(typeof written === 'string' ? written : readContent(written, folder), {
    findMissing: (sha256s) => findMissingReferences(store, sha256s),
  });
  if (!read.ok) throw manifestError(read.problems);
  const { manifest, references, fingerprint } = read;
  return { ...rest, manifest, references, fingerprint };
}

function readContent(manifest: ManifestInput, folder: string) {
  return {
    file: join(folder, 'manifest'),
    format: 'json' as const,
    content: JSON.stringify(manifest, null, 2),
  };
}

/** Temporal takes milliseconds. Where it is away the caller gets an error, and the same request later attaches. */
export const STARTED_WITHIN_MS = 10_000;

/**
 * Puts the batch into the store and starts its workflow, or attaches to the existing one.
 *
 * @throws `batch-conflict` where the id is taken by another manifest; store and Temporal errors
 */
export async function startNormalised(context: StartContext, request: NormalisedRequest): Promise<Started> {
  const { input, fingerprint } = await put(context, request);
  const { batchId } = input;
  const attached = await context.client.withDeadline(Date.now() + STARTED_WITHIN_MS, () =>
    startOrAttach(context, input, { manifest: request.manifest, fingerprint }),
  );
  return { batchId, workflowId: toWorkflowId(batchId), attached };
}

async function put(
  { store, options }: StartContext,
  request: NormalisedRequest,
): Promise<{ input: Required<Omit<ImageBatchInput, 'retry'>>; fingerprint: string }> {
  const { manifest, fingerprint = computeFingerprint(manifest) } = request;
  const batchId = request.batchId ?? deriveBatchId(manifest.name, fingerprint);
  checkBatchId(batchId);
  // The batch of an earlier firing may be started again.
  if (isFiringId(batchId) && !(await store.head(batchPlaces(batchId).manifest))) throw reservedId(batchId);
  const checked = optionsFor(options, request);
  const input = {
    batchId,
    manifest: await putFiles(store, batchId, { manifest, fingerprint, references: request.references }),
    options: checked,
  };
  return { input, fingerprint };
}

/**
 * How a batch is run: the options of its request, then those of its manifest, then those of whoever starts it.
 *
 * @throws `usage` where one is not accepted
 */
export function optionsFor(
  options: Partial<BatchOptions>,
  request: Pick<NormalisedRequest, 'manifest' | 'options'>,
): Partial<BatchOptions> {
  return check(BATCH_OPTIONS, { ...options, ...runOptionsFrom(request.manifest), ...request.options });
}

/** The same batch of another store on one Temporal. Attaching would report files of a folder that this client does not have. */
function elsewhere(batchId: string, run: Run, store: Store): HummingbatchError {
  if (isOfStore(run, store)) {
    const { code, message } = storeBehind(
      store,
      batchId,
      `the batch belongs to ${String(run.memo['store'])}`,
    );
    return new HummingbatchError(code, message, {
      fix: 'If the store was made anew here, restore a copy of it. If this is another machine, use the store of the batch, or give it another id.',
    });
  }
  return new HummingbatchError(
    'batch-conflict',
    `This Temporal has the batch ${batchId} already, for another store.`,
    { fix: 'Use that store, or give the batch another id.' },
  );
}

async function startOrAttach(
  context: StartContext,
  input: ImageBatchInput,
  content: StartedManifest,
): Promise<boolean> {
  const { fingerprint } = content;
  try {
    await startWorkflow(context, input, content, 'REJECT_DUPLICATE');
    return false;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const run = await lastRun(context.client, input.batchId);
  if (!run) throw await unknownBatch(context.store, input.batchId);
  // A run that Temporal's own CLI started carries no memo: what this store has begun says the same.
  const there = run.memo['fingerprint'] ?? (await readFingerprint(context.store, input.batchId));
  if (there !== fingerprint)
    throw conflict(input.batchId, typeof there === 'string' ? there : 'none', fingerprint);
  const { store } = run.memo;
  if (typeof store === 'string' && store !== context.store.id)
    throw elsewhere(input.batchId, run, context.store);
  const endedAbnormally = ['FAILED', 'TERMINATED', 'TIMED_OUT'].includes(run.status);
  if (!endedAbnormally) return true;
  // It ended without its report. The store knows where it stood, and the new run continues from there.
  await startWorkflow(context, input, content, 'ALLOW_DUPLICATE');
  return false;
}

/** A manifest and the fingerprint that was computed of it. */
export interface StartedManifest {
  manifest: Manifest;
  fingerprint: string;
}

/** Starts the workflow under the batch's id, with the texts that the Temporal UI shows before the first task. */
export async function startWorkflow(
  { client, store, taskQueue }: StartContext,
  input: ImageBatchInput,
  { manifest, fingerprint }: StartedManifest,
  reuse: WorkflowIdReusePolicy,
): Promise<void> {
  const summary = summarise(manifest);
  await client.workflow.start(WORKFLOW_TYPE, {
    workflowId: toWorkflowId(input.batchId),
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: reuse,
    memo: {
      fingerprint,
      store: store.id,
      location: store.location,
      ...(reuse === 'REJECT_DUPLICATE' && { [FIRST_RUN_MEMO]: true }),
      ...(input.retry && { retryId: input.retry.id }),
    },
    staticSummary: input.retry ? `Retry of ${summary}` : summary,
    staticDetails: `An image batch of hummingbatch. Its files are in \`${store.location}\` under \`${batchPlaces(input.batchId).folder}\`.`,
  });
}
