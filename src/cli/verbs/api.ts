import { setFlagsFromString } from 'node:v8';
import { HummingbatchError } from '../../contract/index.ts';
import { startApi } from '../bring-api.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { logged } from '../log.ts';
import { waitForInterrupt } from '../serve.ts';
import { openClient } from '../session.ts';
import { openCallStore, readConfig } from '../store.ts';

/**
 * Of about 40 MB that live, dead requests make 200 before V8 sweeps them: it lets a heap grow fourfold first. With half as
 * much again 200 readers and ten uploads took 184 to 209 MB in place of 290, and no request took longer (`npm run bench:api`).
 */
const GROWTH = '--heap-growing-percent=50';

export const verb: Verb = async (typed) => {
  setFlagsFromString(GROWTH);
  const config = await readConfig(typed);
  const { call, log } = logged(typed, config.log);
  const store = await openCallStore(call, config);
  const temporal = await openClient(call, config, store);
  if (!temporal)
    throw new HummingbatchError('no-temporal', 'No Temporal is configured, and none runs for this store.', {
      fix: 'Set TEMPORAL_ADDRESS, or use `hummingbatch up`, which brings one and the API with it.',
    });
  try {
    const api = await startApi(config, store, temporal, { log, version: call.version });
    try {
      call.output.print(api.url);
      call.output.printJson({ url: api.url });
      call.output.say(`API: ${api.url} (try it at ${api.url}/docs)`);
      await waitForInterrupt(call);
    } finally {
      await api.close();
    }
  } finally {
    await temporal.client.connection.close();
  }
  return EXIT.done;
};
