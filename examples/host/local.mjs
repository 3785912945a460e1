// node local.mjs manifest.yaml
// One process with all that a store needs: a managed dev server, a worker, and the HTTP API. Ctrl-C ends it in order.
import { startLocal } from 'hummingbatch/host';

const local = await startLocal({
  store: './hummingbatch-emulator',
  emulator: true,
  env: process.env,
  api: {},
  say: console.error,
});
try {
  console.log(`API: ${local.api.url}, Temporal UI: ${local.uiUrl}`);
  const [manifest = 'manifest.yaml'] = process.argv.slice(2);
  const { batchId } = await local.hummingbatch.startBatch({ manifest });
  const interrupted = new Promise((resolve) => process.once('SIGINT', resolve));
  const ended = local.hummingbatch.batch(batchId).wait();
  const progress = await Promise.race([ended, interrupted, local.failed]);
  console.log(batchId, progress?.state ?? 'continues with the next start');
} finally {
  await local.close();
}
