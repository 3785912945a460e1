import type { Verb } from '../call.ts';
import { readTemporal } from '../config/temporal.ts';
import { EXIT } from '../exit-codes.ts';
import { serveConfigured, serveStore } from '../serve.ts';
import { openCallStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const config = await readConfig(call);
  const configured = readTemporal(config.env);
  const store = await openCallStore(call, config);
  if (configured)
    call.output.say('A Temporal is configured, so no server is started: only a worker and the API.');
  const serving = { api: true };
  await (configured
    ? serveConfigured(call, config, store, configured, serving)
    : serveStore(call, config, store, serving));
  return EXIT.done;
};
