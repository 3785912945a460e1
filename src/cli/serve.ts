import { once } from 'node:events';
import { type ApiOptions, type RunningApi, startApi, startWorker } from '../host/index.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';
import type { Config } from './config/config.ts';
import type { ConfiguredTemporal } from './config/temporal.ts';
import { readApiSettings, readBatchOptions, readGeminiOptions, readWebhookOptions } from './host-options.ts';
import { logged } from './log.ts';
import { sharedQueue, startLocalHost } from './session.ts';

/** With the HTTP API beside the worker, or without. */
export interface Serving {
  api: boolean;
}

/** Serves a store until Ctrl-C: its managed dev server, a worker, and the HTTP API where that is asked for. */
export async function serveStore(typed: Call, config: Config, store: Store, { api }: Serving): Promise<void> {
  const { call, log } = logged(typed, config.log);
  const local = await startLocalHost(call, config, store, {
    log,
    metrics: config.metrics,
    api: api ? readApiSettings(config) : undefined,
  });
  try {
    call.output.say(`Temporal: ${local.uiUrl} (address ${local.address})`);
    announce(call, config, store, local.api);
    await waitForInterrupt(call, local.failed);
  } finally {
    await local.close();
  }
}

/** Serves a configured Temporal until Ctrl-C: a worker, and the HTTP API where that is asked for. */
export async function serveConfigured(
  typed: Call,
  config: Config,
  store: Store,
  temporal: ConfiguredTemporal,
  { api }: Serving,
): Promise<void> {
  const { call, log } = logged(typed, config.log);
  const taskQueue = sharedQueue(config);
  const worker = await startWorker({
    ...{ store, temporal, taskQueue, log },
    ...readGeminiOptions(call, config),
    metrics: config.metrics,
    webhooks: readWebhookOptions(config),
    signal: call.signal,
  });
  try {
    const { address, namespace } = temporal;
    call.output.say(`Worker of ${address}, namespace ${namespace}, task queue ${taskQueue}.`);
    const options = readBatchOptions(call, config, store);
    const apiOptions = { store, temporal, taskQueue, options, log, ...readApiSettings(config) };
    await withApi(api ? apiOptions : undefined, async (running) => {
      announce(call, config, store, running);
      await waitForInterrupt(call, worker.failed);
    });
  } finally {
    await worker.close();
  }
}

/** Does something while the HTTP API runs, or without it where there are no options. */
export async function withApi(
  options: ApiOptions | undefined,
  serve: (api: RunningApi | undefined) => Promise<void>,
): Promise<void> {
  const api = options && (await startApi(options));
  try {
    await serve(api);
  } finally {
    await api?.close();
  }
}

function announce({ output }: Call, { metrics }: Config, store: Store, api: RunningApi | undefined): void {
  output.say(`Store: ${store.location}`);
  if (metrics) output.say(`Metrics: http://${metrics}/metrics`);
  if (api) output.say(formatApi(api));
}

export function formatApi({ url }: RunningApi): string {
  return `API: ${url} (try it at ${url}/docs)`;
}

/** Waits for Ctrl-C. @throws what `failed` rejects with before */
export async function waitForInterrupt({ output, signal }: Call, failed?: Promise<never>): Promise<void> {
  output.say('Ctrl-C ends it.');
  // A signal alone does not keep the process alive.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    const interrupted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
    await Promise.race([interrupted, ...(failed ? [failed] : [])]);
    output.say('Ending …');
  } finally {
    clearInterval(alive);
  }
}
