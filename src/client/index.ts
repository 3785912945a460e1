/**
 * hummingbatch for other services: start durable batches, follow them, steer them.
 *
 * @example
 * ```ts
 * import { connect } from 'hummingbatch/client';
 *
 * const hummingbatch = await connect({ store: './hummingbatch', address: 'localhost:7233' });
 * const { batchId } = await hummingbatch.startManifest('manifest.yaml');
 * const { state, outputs } = await hummingbatch.batch(batchId).wait();
 * ```
 */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { BatchOptions } from '../contract/index.ts';
import { DEFAULT_TASK_QUEUE } from '../contract/queues.ts';
import { manifestError, readManifest } from '../manifest/index.ts';
import { openStore } from '../store/open.ts';
import { referencesOf } from '../store/references.ts';
import type { Store } from '../store/store.ts';
import { type BatchHandle, batchHandle } from './batch.ts';
import { toClientError } from './errors.ts';
import { type BatchPage, type ListChoice, listBatches } from './list.ts';
import { workflowStatus } from './progress.ts';
import { isRunningRetry, type RetryChoice, retryEnded } from './retry.ts';
import { type Started, type StartRequest, startBatch } from './start.ts';
import { connectTemporal } from './temporal.ts';

export * from '../contract/index.ts';
export type { Store } from '../store/store.ts';
export type { BatchHandle } from './batch.ts';
export { type BatchPage, type ListChoice, listBatches } from './list.ts';
export type { RetryChoice } from './retry.ts';
export type { Started, StartRequest } from './start.ts';
export { rememberProgress, storedBatches, storedEnd, storedProgress, storedRecords } from './stored.ts';
export { connectTemporal } from './temporal.ts';
export { requireWorker } from './worker-check.ts';

export interface HummingbatchOptions {
  /** Where the batches' files lie: the same store that the worker has. */
  store: Store;
  client: Client;
  /** Default `hummingbatch`. */
  taskQueue?: string;
  /** For every batch that is started or retried here; a manifest's `run` block and a request's own win over it. */
  options?: Partial<BatchOptions>;
}

export interface Hummingbatch {
  /** Starts a normalised manifest, or attaches to the batch that is there. Idempotent. */
  start(request: StartRequest): Promise<Started>;
  /** The same from a file; its paths are resolved here. @throws `manifest-invalid` naming the first problem and how many there are */
  startManifest(
    path: string,
    request?: { batchId?: string; options?: Partial<BatchOptions> },
  ): Promise<Started>;
  /** The batch of an id; nothing is looked up before it is asked something. */
  batch(id: string): BatchHandle;
  list(choice?: ListChoice): Promise<BatchPage>;
  /**
   * Goes on with a stopped batch from the step where it stopped, or makes outputs of an ended one again, as a new run of
   * the same id. Sent twice, it runs once.
   */
  retry(id: string, choice?: RetryChoice): Promise<void>;
}

export function createHummingbatch({
  store,
  client,
  taskQueue = DEFAULT_TASK_QUEUE,
  options = {},
}: HummingbatchOptions): Hummingbatch {
  const context = { client, store, taskQueue, options };
  const batch = (id: string) => batchHandle(client, store, id);

  return {
    start: (request) =>
      startBatch(context, request).catch((error) => fail(error, request.batchId ?? request.manifest.name)),

    async startManifest(path, request = {}) {
      const read = await readManifest(path, { hasReference: referencesOf(store) });
      if (!read.ok) throw manifestError(read.problems);
      return this.start({ manifest: read.manifest, references: read.localReferences, ...request });
    },

    batch,
    list: (choice) => listBatches(client, store, choice).catch((error) => fail(error, 'list')),

    async retry(id, choice = {}) {
      const isRunning = (await workflowStatus(client, id)) === 'RUNNING';
      await (isRunning ? batch(id).goOn() : retryEnded(context, id, choice)).catch(async (error) => {
        const isRefused =
          error instanceof WorkflowExecutionAlreadyStartedError ||
          (isRunning && toClientError(error, id).code === 'wrong-state');
        if (!isRefused || !(await isRunningRetry(context, id, choice))) fail(error, id);
      });
    },
  };
}

/** Opens a folder and a connection, for the common case. */
export async function connect(options: {
  store: string;
  address: string;
  namespace?: string;
  taskQueue?: string;
}): Promise<Hummingbatch> {
  const { address, namespace = 'default', taskQueue } = options;
  const [store, client] = await Promise.all([
    openStore(options.store),
    connectTemporal({ address, namespace }),
  ]);
  return createHummingbatch({ store, client, ...(taskQueue && { taskQueue }) });
}

function fail(error: unknown, batchId: string): never {
  throw toClientError(error, batchId);
}
