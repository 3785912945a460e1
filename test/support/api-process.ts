/**
 * `tsx api-process.ts STORE TOKENS`: serves the HTTP API over a folder and batches that wait for ever, without Temporal. Sends
 * its URL to its parent, and for each message of the parent its memory in bytes.
 */
import pino from 'pino';
import { createApi, readTokens } from '../../src/api/index.ts';
import type { Hummingbatch } from '../../src/client/index.ts';
import { openStore } from '../../src/store/open.ts';
import { buildProgress } from './progress.ts';

const [location = '', tokens = ''] = process.argv.slice(2);
const status = async () => buildProgress({ state: 'WAITING', labels: ['token:a', 'token:b'] });
const app = await createApi({
  hummingbatch: { batch: () => ({ status }) } as unknown as Hummingbatch,
  store: await openStore(location),
  tokens: tokens ? readTokens(tokens) : [],
  geminiSecrets: [`whsec_${Buffer.alloc(24, 7).toString('base64')}`],
  now: Date.now,
  log: pino({ level: 'silent' }),
  version: '0.0.0',
  requestsPerMinute: 1_000_000,
  ready: async () => undefined,
});
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }));
process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) });
