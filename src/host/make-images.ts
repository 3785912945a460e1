import pino from 'pino';
import { readFinalRecords } from '../activities/final-records.ts';
import { readRecords, storedEnd } from '../client/index.ts';
import { type BatchProgress, isEnd, type OutputRecord } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { followUntilIdle } from './follow.ts';
import { requireKey } from './gemini.ts';
import { joinTemporal, type LocalHost, startLocal } from './local.ts';
import { describeLeft, leftError, stopError } from './make-images-errors.ts';
import type { ImageRun, MakeImagesOptions } from './make-images-options.ts';
import { openStoreAt } from './open-store.ts';
import { readBudgetedManifest } from './read-budgeted-manifest.ts';

/** See `makeImages` of the package's main entry, which passes the process's environment. */
export function makeImages(
  manifest: MakeImagesOptions['manifest'],
  options: Omit<MakeImagesOptions, 'manifest'> & { env: NodeJS.ProcessEnv },
): ImageRun {
  const run: { progress?: BatchProgress } = {};
  const records = generateRecords({ ...options, manifest }, run);
  return Object.defineProperty(records, 'progress', { get: () => run.progress }) as ImageRun;
}

async function* generateRecords(
  options: MakeImagesOptions & { env: NodeJS.ProcessEnv },
  run: { progress?: BatchProgress },
): AsyncGenerator<OutputRecord, void, undefined> {
  const { signal, log = pino({ level: 'silent' }) } = options;
  if (signal?.aborted) throw leftError(run.progress, signal.reason);
  const { request, ...ready } = await readBudgetedManifest(options);
  const { batchId, fingerprint } = request;
  const ended = ready.store && (await storedEnd(ready.store, batchId, fingerprint));
  if (ready.store && ended) {
    run.progress = ended;
    yield* readRecords(ready.store, batchId);
    return;
  }
  requireKey(options);
  const store = await openStoreAt(options.store);
  let isOver = false;
  const leaving = new AbortController();
  const host = await startHost(options, store).catch((error: unknown) => {
    throw signal?.aborted ? leftError(run.progress, signal.reason) : error;
  });
  try {
    await host.hummingbatch.startNormalised(request);
    const changes = followUntilIdle(
      { ...host, ownsWorker: true },
      batchId,
      signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
    );
    yield* streamRecords(untilFailed(changes, host.failed), host.store, run, options.onProgress);
    isOver = true;
  } catch (error) {
    isOver = true;
    throw signal?.aborted ? leftError(run.progress, signal.reason) : error;
  } finally {
    leaving.abort();
    await host.close();
    if (!isOver && run.progress) log.info({ batch: batchId }, describeLeft(run.progress));
  }
}

function startHost(
  { temporal, ...options }: MakeImagesOptions & { env: NodeJS.ProcessEnv },
  store: Store,
): Promise<LocalHost> {
  return temporal ? joinTemporal({ ...options, store, temporal }) : startLocal({ ...options, store });
}

/** Each change, or the failure of the worker or the server: a batch without them would be waited for in vain. */
async function* untilFailed<T>(
  changes: AsyncGenerator<T, void, undefined>,
  failed: Promise<never>,
): AsyncGenerator<T, void, undefined> {
  for (;;) {
    const next = changes.next();
    // Where the race is lost, the end of the connection rejects it.
    next.catch(() => undefined);
    const { done, value } = await Promise.race([next, failed]);
    if (done) return;
    yield value;
  }
}

/** The records of a batch as its rounds are collected, each output once. @throws its stop, as a typed error */
async function* streamRecords(
  changes: AsyncIterable<BatchProgress>,
  store: Store,
  run: { progress?: BatchProgress },
  onProgress: ((progress: BatchProgress) => void) | undefined,
): AsyncGenerator<OutputRecord, void, undefined> {
  const yielded = new Set<string>();
  let counts = '';
  for await (const progress of changes) {
    run.progress = progress;
    onProgress?.(progress);
    const { state, batchId, outputs } = progress;
    const hasNew = state !== 'PREPARING' && JSON.stringify(outputs) !== counts;
    if (state !== 'PREPARING') counts = JSON.stringify(outputs);
    const records = isEnd(state)
      ? readRecords(store, batchId)
      : hasNew
        ? await readFinalRecords(store, batchId)
        : [];
    for await (const record of records) {
      if (yielded.has(record.output)) continue;
      yielded.add(record.output);
      yield record;
    }
    const stop = stopError(progress);
    if (stop) throw stop;
  }
}
