// TEMPORAL_ADDRESS=localhost:7233 node worker.mjs
// A worker and the HTTP API in a process of your own, for a Temporal server that runs. SIGTERM ends it in order.
import { once } from 'node:events';
import { startApi, startWorker } from 'hummingbatch/host';

const store = './hummingbatch';
const temporal = { address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' };
const { GEMINI_API_KEY: apiKey, HUMMINGBATCH_GEMINI_URL: geminiUrl } = process.env;

const worker = await startWorker({ store, temporal, apiKey, geminiUrl });
const api = await startApi({ store, temporal });
console.log(`API: ${api.url}`);
try {
  await Promise.race([once(process, 'SIGTERM'), worker.failed]);
} finally {
  await api.close();
  await worker.close();
}
