/**
 * hummingbatch for other services: start durable batches, follow them, steer them.
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
  /** For every batch that is started or retried here; a manifest's `run` block and a request's own win over it. */
  options?: Partial<BatchOptions>;
}

export interface Hummingbatch {
  /**
   * Starts a batch, or attaches to the one that is there: idempotent by its id and the fingerprint of what it asks for. Its
   * references are copied into the store first.
   *
   * @throws `manifest-invalid` naming the first problem and how many there are, `batch-conflict` where the id is taken by
   *   another manifest or another store's batch, `usage` for what is no id, and the store's errors
   */
  startBatch(request: StartRequest): Promise<Started>;
  /** The same for a manifest that is normalised already, as `manifest.json` of a batch is. */
  startNormalised(request: NormalisedRequest): Promise<Started>;
  /**
   * Puts a batch into the store and starts nothing: for a workflow of your own, which starts it with the input that this answers, by
   * `hummingbatch/child-workflow`. Idempotent like `startBatch`, and throws the same.
   */
  putBatch(request: StartRequest): Promise<ImageBatchInput>;
  /** Batches by the clock. */
  readonly schedules: Schedules;
  /** The batch of an id; nothing is looked up before it is asked something. */
  batch(id: string): BatchHandle;
  /** A page of the store's batches, the newest first. @throws `no-worker`, `no-temporal`, `usage` */
  list(choice?: ListFilter): Promise<BatchPage>;
  /**
   * Passes on what was heard of a job at Google: the batch that waits for it asks Google at once, in place of at its next
   * check. The event itself is not believed, and one that was heard before, or is of another job of the batch, costs a
   * check at most; 20 checks for one wait. It answers when Temporal has the event, within 5 s, and needs no worker.
   *
   * @returns `nobody` for a job that is none of this store's, and where its batch has ended
   * @throws `usage` for what is no name of a job, `no-temporal`, and the store's errors
   */
  jobEvent(event: JobEvent): Promise<JobEventResult>;
  /** Closes the connection, where `connect` made it. */
  close(): Promise<void>;
}

/** The library over a store and a client that are there. It closes neither. */
export function createHummingbatch({
  store,
  client,
  taskQueue = DEFAULT_TASK_QUEUE,
  options = {},
}: HummingbatchOptions): Hummingbatch {
  const context = { client, store, taskQueue, options };
  return {
    startBatch: (request) => startBatch(context, request).catch((error) => fail(error, request.batchId)),
    startNormalised: (request) =>
      startNormalised(context, request).catch((error) => fail(error, request.batchId)),
    putBatch: (request) => putBatch(context, request).catch((error) => fail(error, request.batchId)),
    schedules: createSchedules(context),
    batch: (id) => batchHandle(context, id),
    list: (choice) => listBatches(client, store, choice).catch((error) => fail(error, undefined)),
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
  /** In place of `address`: with TLS, an API key, interceptors. It stays open. */
  connection?: ConnectionLike;
  /** In place of all three: with a data converter of its own. It stays open. */
  client?: Client;
  /** Default `hummingbatch`; what the worker serves. */
  taskQueue?: string;
  /** For every batch that is started or retried here; a manifest's `run` block and a request's own win over it. */
  options?: Partial<BatchOptions>;
}

/** Opens the store and a connection, where none is given. @throws `no-temporal` within 10 s, and the store's errors */
export async function connect(asked: ConnectOptions): Promise<Hummingbatch> {
  const { taskQueue, options, address = 'localhost:7233', namespace = 'default', connection } = asked;
  const store = typeof asked.store === 'string' ? await openStore(asked.store) : asked.store;
  const given = asked.client ?? (connection && new Client({ connection, namespace }));
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
