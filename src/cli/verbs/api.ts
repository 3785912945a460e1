import { setFlagsFromString } from 'node:v8';
import { HummingbatchError } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { readApiSettings, readBatchOptions } from '../host-options.ts';
import { logged } from '../log.ts';
import { formatApi, waitForInterrupt, withApi } from '../serve.ts';
import { openClient } from '../session.ts';
import { openCallStore, readConfig } from '../store.ts';

/**
 * Of about 40 MB of live objects, dead requests make 200 before V8 collects them: by default a heap grows fourfold first. With
 * half as much growth 200 readers and ten uploads took 184 to 209 MB instead of 290, and no request took longer
 * (`npm run bench:api`).
 */
const GROWTH = '--heap-growing-percent=50';

export const verb: Verb = async (typed) => {
  setFlagsFromString(GROWTH);
  const config = await readConfig(typed);
  const { call, log } = logged(typed, config.log);
  const store = await openCallStore(call, config);
  const running = await openClient(call, config, store);
  if (!running)
    throw new HummingbatchError('no-temporal', 'No Temporal is configured, and none runs for this store.', {
      fix: 'Set TEMPORAL_ADDRESS, or use a server and an API that are started for this store.',
      actions: [{ action: 'start-local' }],
    });
  await running.client.connection.close();
  const { temporal, taskQueue } = running;
  const options = readBatchOptions(call, config, store);
  const { output } = call;
  await withApi({ store, temporal, taskQueue, options, log, ...readApiSettings(config) }, async (api) => {
    if (!api) return;
    output.print(api.url);
    output.printJson({ url: api.url });
    output.say(formatApi(api));
    await waitForInterrupt(call);
  });
  return EXIT.done;
};
