import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { ApiContext } from '../../../src/api/context.ts';
import { createApi, readTokens } from '../../../src/api/index.ts';
import type { Hummingbatch, NormalisedRequest } from '../../../src/client/index.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

/** The API of a store without a Temporal: what is started is noted, and what the store is asked. */
export async function openStoreApi(tokens: string, instead: Partial<ApiContext> = {}) {
  const { store, calls } = watchStore(await openStore(await temporaryFolder()));
  const started: NormalisedRequest[] = [];
  const hummingbatch = {
    async startNormalised(request: NormalisedRequest) {
      started.push(request);
      return { batchId: request.batchId, workflowId: '', attached: false };
    },
  } as unknown as Hummingbatch;
  const app = await createApi({
    hummingbatch,
    store,
    tokens: readTokens(tokens),
    geminiSecrets: [],
    now: Date.now,
    log: pino({ level: 'silent' }),
    version: '0.0.0',
    requestsPerMinute: 100_000,
    ready: async () => undefined,
    ...instead,
  });
  onTestFinished(() => app.close());

  /** Sends a manifest, with files if there are some. */
  async function send(path: string, token: string, manifest: object, files: Record<string, Uint8Array> = {}) {
    const form = new FormData();
    form.append('manifest', new File([JSON.stringify(manifest)], 'manifest.json'));
    for (const [name, bytes] of Object.entries(files)) form.append(name, new File([bytes], 'x'));
    const encoded = new Response(form);
    calls.length = 0;
    const answer = await app.inject({
      method: 'POST',
      url: path,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': encoded.headers.get('content-type') ?? '',
      },
      payload: Buffer.from(await encoded.arrayBuffer()),
    });
    return { status: answer.statusCode, text: answer.body, calls: [...calls] };
  }

  return { app, store, started, send };
}

/** A store that notes each call with its key, and of staged values that they were kept. */
function watchStore(store: Store): { store: Store; calls: string[] } {
  const calls: string[] = [];
  const watched = new Proxy(store, {
    get(target, name: keyof Store) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(name === 'stage' ? name : `${name} ${String(args[0])}`);
        const answer = (value as (...args: unknown[]) => unknown)(...args);
        return name === 'stage' ? watchStaged(answer as ReturnType<Store['stage']>) : answer;
      };
    },
  });
  async function watchStaged(staging: ReturnType<Store['stage']>) {
    const staged = await staging;
    return {
      ...staged,
      keep: (key: string) => {
        calls.push(`keep ${key}`);
        return staged.keep(key);
      },
    };
  }
  return { store: watched, calls };
}
