import { HummingbatchError } from '../../contract/index.ts';
import { findServer } from '../../host/server.ts';
import type { Verb } from '../call.ts';
import { readTemporal } from '../config/temporal.ts';
import { EXIT } from '../exit-codes.ts';
import { serveConfigured, serveStore } from '../serve.ts';
import { openCallStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const config = await readConfig(call);
  const configured = readTemporal(config.env);
  const store = await openCallStore(call, config);
  const serving = { api: false };
  if (configured) {
    await serveConfigured(call, config, store, configured, serving);
    return EXIT.done;
  }
  if (!(await findServer(store, call.signal))) {
    throw new HummingbatchError('no-temporal', 'No Temporal is configured, and none runs for this store.', {
      fix: 'Set TEMPORAL_ADDRESS, or use a server that is started for this store.',
      actions: [{ action: 'start-local' }],
    });
  }
  await serveStore(call, config, store, serving);
  return EXIT.done;
};
