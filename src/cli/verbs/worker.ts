import { HummingbatchError } from '../../contract/index.ts';
import { serverDirectory } from '../bring-server.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { serveConfigured, serveStore } from '../serve.ts';
import { openCallStore, readConfig } from '../store.ts';
import { configuredTemporal } from '../temporal-config.ts';

export const verb: Verb = async (call) => {
  const config = await readConfig(call);
  const configured = configuredTemporal(config.env);
  const store = await openCallStore(call, config);
  if (configured) {
    await serveConfigured(call, config, store, configured, { api: false });
    return EXIT.done;
  }
  const { runningTemporal } = await import('../../local/index.ts');
  if (!(await runningTemporal(serverDirectory(store), call.signal))) {
    throw new HummingbatchError('no-temporal', 'No Temporal is configured, and none runs for this store.', {
      fix: 'Set TEMPORAL_ADDRESS, or use `hummingbatch up`, which brings one.',
    });
  }
  await serveStore(call, config, store, { api: false });
  return EXIT.done;
};
