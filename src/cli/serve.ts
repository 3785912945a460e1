import { once } from 'node:events';
import type { Logger } from 'pino';
import { connectTemporal, createHummingbatch } from '../client/index.ts';
import type { Config } from '../config.ts';
import type { Store } from '../store/store.ts';
import { type ApiPlace, startApi } from './bring-api.ts';
import { connectGemini } from './bring-gemini.ts';
import { readWebhooks, startWorker } from './bring-worker.ts';
import type { Call } from './call.ts';
import { logged } from './log.ts';
import { buildOptions, sharedQueue, startLocal } from './session.ts';
import type { ConfiguredTemporal } from './temporal-config.ts';

/** With the HTTP API beside the worker, or without. */
export interface Serving {
  api: boolean;
}

/** Works on the store's own server until Ctrl-C, started where it does not run. */
export async function serveStore(typed: Call, config: Config, store: Store, { api }: Serving): Promise<void> {
  const { call, log } = logged(typed, config.log);
  const session = await startLocal(call, config, store, { log, metrics: config.metrics });
  try {
    call.output.say(`Temporal: ${session.uiUrl} (address ${session.address})`);
    introduce(call, config, store);
    const stand = () => waitForInterrupt(call, session.failed);
    await (api ? withApi(call, config, session, log, stand) : stand());
  } finally {
    await session.close();
  }
}

/** Works for a configured Temporal until Ctrl-C. */
export async function serveConfigured(
  typed: Call,
  config: Config,
  store: Store,
  place: ConfiguredTemporal,
  { api }: Serving,
): Promise<void> {
  const { call, log } = logged(typed, config.log);
  const webhooks = readWebhooks(config);
  const gemini = await connectGemini(call, config, store);
  try {
    const client = await connectTemporal(place);
    const taskQueue = sharedQueue(config);
    const worker = await startWorker(store, { ...place, client, taskQueue, profile: 'service' }, gemini, {
      log,
      metrics: config.metrics,
      webhooks,
    });
    call.output.say(`Working for ${place.address}, namespace ${place.namespace}, task queue ${taskQueue}.`);
    introduce(call, config, store);
    const options = buildOptions(config, store, call.flags);
    const hummingbatch = createHummingbatch({ store, client, taskQueue, options });
    const stand = () => waitForInterrupt(call, worker.failed);
    try {
      await (api ? withApi(call, config, { store, client, taskQueue, hummingbatch }, log, stand) : stand());
    } finally {
      await worker.close();
      await client.connection.close();
    }
  } finally {
    await gemini.close();
  }
}

async function withApi(
  { output, version }: Call,
  config: Config,
  { store, ...place }: ApiPlace & { store: Store },
  log: Logger,
  stand: () => Promise<void>,
): Promise<void> {
  const api = await startApi(config, store, place, { log, version });
  try {
    output.say(`API: ${api.url} (try it at ${api.url}/docs)`);
    await stand();
  } finally {
    await api.close();
  }
}

function introduce({ output }: Call, { metrics }: Config, store: Store): void {
  output.say(`Store: ${store.location}`);
  if (metrics) output.say(`Metrics: http://${metrics}/metrics`);
}

/** Stands until Ctrl-C; what is given may fall before. */
export async function waitForInterrupt({ output, signal }: Call, failed?: Promise<never>): Promise<void> {
  output.say('Ctrl-C ends it.');
  // The process has nothing else to stay alive for: a signal alone does not keep it.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    const interrupted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
    await Promise.race([interrupted, ...(failed ? [failed] : [])]);
    output.say('Ending …');
  } finally {
    clearInterval(alive);
  }
}
