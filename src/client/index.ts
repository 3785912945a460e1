/**
 * hummingbatch for services: start durable batches, follow and operate them.
 *
 * @example
 * ```ts
 * import { connect } from 'hummingbatch/client';
 *
 * const hummingbatch = await connect({ store: './hummingbatch', address: 'localhost:7233' });
 * const { batchId } = await hummingbatch.startBatch({ manifest: 'manifest.yaml' });
 * const { state, outputs } = await hummingbatch.batch(batchId).wait();
 * await hummingbatch.close();
 * ```
 */
import { Client, type ConnectionLike } from '@temporalio/client';
import type { BatchOptions, ImageBatchInput } from '../contract/index.ts';
import { DEFAULT_TASK_QUEUE } from '../contract/queues.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { type BatchHandle, batchHandle } from './batch.ts';
import { toClientError } from './errors.ts';
import { type JobEvent, type JobEventResult, sendJobEvent } from './job-event.ts';
import { type BatchPage, type ListFilter, listBatches } from './list.ts';
import { createSchedules, type Schedules } from './schedules.ts';
import {
  type NormalisedRequest,
  putBatch,
  type Started,
  type StartRequest,
  startBatch,
  startNormalised,
} from './start.ts';
import { connectTemporal } from './temporal.ts';

export * from '../contract/index.ts';
export { readRecords } from '../store/records.ts';
export type { Store } from '../store/store.ts';
export { type ReceivedEvent, type SignedRequest, verifyWebhook } from '../webhooks/index.ts';
export type { BatchHandle, RequestOptions } from './batch.ts';
export type { JobEvent, JobEventResult } from './job-event.ts';
export { type BatchPage, type ListFilter, listBatches } from './list.ts';
export type { ScheduleStatus } from './list-schedules.ts';
export { unknownBatch } from './near.ts';
export type {
  CreatedSchedule,
  NormalisedScheduleRequest,
  ScheduleRequest,
  ScheduleTimes,
  Triggered,
} from './schedule-types.ts';
export type { Schedules } from './schedules.ts';
export type { NormalisedRequest, Started, StartRequest } from './start.ts';
export {
  saveProgress,
  storedBatches,
  storedEnd,
  storedOptions,
  storedProgress,
} from './stored.ts';
export { connectTemporal } from './temporal.ts';
export { requireWorker } from './worker-check.ts';

export interface HummingbatchOptions {
  /** Where the batches' files lie: the same store that the worker has. */
  store: Store;
  client: Client;
  /** Default `hummingbatch`. */
  taskQueue?: string;
  /** For every batch that is started or retried here; a manifest's `run` block and a request's own options override it. */
  options?: Partial<BatchOptions>;
}

export interface Hummingbatch {
  /**
   * Starts a batch, or attaches to the existing one. Idempotent by the id and the fingerprint of the content. The references
   * are copied into the store first.
   *
   * @throws `manifest-invalid` naming the first problem and how many there are, `batch-conflict` where the id is taken by
   *   another manifest or another store's batch, `usage` for an invalid id, and the store's errors
   */
  startBatch(request: StartRequest): Promise<Started>;
  /** The same for a normalised manifest, such as a batch's `manifest.json`. */
  startNormalised(request: NormalisedRequest): Promise<Started>;
  /**
   * Puts a batch into the store and starts nothing: for a workflow of your own, which starts it with the returned input through
   * `hummingbatch/child-workflow`. Idempotent like `startBatch`, with the same errors.
   */
  putBatch(request: StartRequest): Promise<ImageBatchInput>;
  /** Schedules, which make batches at set times. */
  readonly schedules: Schedules;
  /** The batch of an id. Nothing is requested before one of its methods is called. */
  batch(id: string): BatchHandle;
  /** A page of the store's batches, the newest first. @throws `no-worker`, `no-temporal`, `usage` */
  list(choice?: ListFilter): Promise<BatchPage>;
  /**
   * Passes on an event of a job at Google: the batch that waits for the job checks it at once instead of at its next check.
   * The event itself is not trusted. A repeated one, or one of another job of the batch, costs at most one check; a wait takes
   * at most 20 of them. It returns when Temporal has the event, within 10 s, and needs no worker.
   *
   * @returns `no-recipient` for a job of no batch in this store, and for a batch that has ended
   * @throws `usage` for an invalid job name, `no-temporal`, and the store's errors
   */
  jobEvent(event: JobEvent): Promise<JobEventResult>;
  /** Closes the connection, where `connect` made it. */
  close(): Promise<void>;
}

/** The library over a store and a client that are open. It closes neither. */
export function createHummingbatch({
  store,
  client,
  taskQueue = DEFAULT_TASK_QUEUE,
  options = {},
}: HummingbatchOptions): Hummingbatch {
  const context = { client, store, taskQueue, options };
  const ended: Parameters<typeof listBatches>[3] = new Map();
  return {
    startBatch: (request) => startBatch(context, request).catch((error) => fail(error, request.batchId)),
    startNormalised: (request) =>
      startNormalised(context, request).catch((error) => fail(error, request.batchId)),
    putBatch: (request) => putBatch(context, request).catch((error) => fail(error, request.batchId)),
    schedules: createSchedules(context),
    batch: (id) => batchHandle(context, id),
    list: (choice) => listBatches(client, store, choice, ended).catch((error) => fail(error, undefined)),
    jobEvent: (event) => sendJobEvent(client, store, event).catch((error) => fail(error, undefined)),
    close: async () => undefined,
  };
}

export interface ConnectOptions {
  /** A folder, or a store that is open. */
  store: string | Store;
  /** `host:port`. Default `localhost:7233`. */
  address?: string;
  /** Default `default`. */
  namespace?: string;
  /** Replaces `address`: with TLS, an API key, interceptors. It stays open. */
  connection?: ConnectionLike;
  /** Replaces all three: with a data converter of its own. It stays open. */
  client?: Client;
  /** Default `hummingbatch`; what the worker serves. */
  taskQueue?: string;
  /** For every batch that is started or retried here; a manifest's `run` block and a request's own options override it. */
  options?: Partial<BatchOptions>;
}

/** Opens the store and a connection, where none is given. @throws `no-temporal` within 10 s, and the store's errors */
export async function connect(connectOptions: ConnectOptions): Promise<Hummingbatch> {
  const {
    taskQueue,
    options,
    address = 'localhost:7233',
    namespace = 'default',
    connection,
  } = connectOptions;
  const store =
    typeof connectOptions.store === 'string' ? await openStore(connectOptions.store) : connectOptions.store;
  const given = connectOptions.client ?? (connection && new Client({ connection, namespace }));
  const client = given ?? (await connectTemporal({ address, namespace }));
  const hummingbatch = createHummingbatch({
    store,
    client,
    ...(taskQueue && { taskQueue }),
    ...(options && { options }),
  });
  return given ? hummingbatch : { ...hummingbatch, close: () => client.connection.close() };
}

function fail(error: unknown, batchId = 'asked for'): never {
  throw toClientError(error, batchId);
}
