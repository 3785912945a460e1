import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { ApiContext } from '../../../src/api/context.ts';
import { createApi, readTokens } from '../../../src/api/index.ts';
import type { Store } from '../../../src/client/index.ts';
import { openStore } from '../../../src/store/open.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

/** The API of a store without a Temporal: for what is answered before one is needed. */
export async function openStoreApi(tokens: string, instead: Partial<ApiContext> = {}) {
  const store = await openStore(await temporaryFolder());
  const app = await createApi({
    hummingbatch: undefined as never,
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
  return { app, store: store as Store };
}
