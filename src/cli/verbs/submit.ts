import { requireWorker } from '../../client/index.ts';
import { HummingbatchError } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { chooseId } from '../choose-id.ts';
import { formatCommand } from '../commands.ts';
import { readTemporal } from '../config/temporal.ts';
import { EXIT } from '../exit-codes.ts';
import { readyManifest } from '../manifest.ts';
import { openClient } from '../session.ts';
import { existingStore, openCallStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const config = await readConfig(call);
  const there = await existingStore(call, config);
  const ready = await readyManifest(call, there);
  if (!there && !readTemporal(config.env)) throw noServer();
  const store = there ?? (await openCallStore(call, config));
  const temporal = await openClient(call, config, store);
  if (!temporal) throw noServer();
  const { client, hummingbatch, taskQueue } = temporal;
  try {
    await requireWorker(client, taskQueue);
    const batchId = await chooseId(store, ready, flags);
    const { manifest, fingerprint, references } = ready;
    const started = await hummingbatch.startNormalised({ manifest, fingerprint, references, batchId });
    output.print(batchId);
    output.say(
      `${started.attached ? 'It existed already' : 'Started'}. To follow it: ${formatCommand('watch', batchId, flags)}`,
    );
    output.printJson(started);
    return EXIT.done;
  } finally {
    await client.connection.close();
  }
};

function noServer(): HummingbatchError {
  return new HummingbatchError('no-temporal', 'No Temporal server runs to take the batch.', {
    fix: 'Start a Temporal server, or run the batch with one that is started for it.',
    actions: [{ action: 'start-local' }, { action: 'start-batch' }],
  });
}
