import { requireWorker } from '../../client/index.ts';
import { HummingbatchError } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { chooseId } from '../choose-id.ts';
import { commandOf } from '../commands.ts';
import { EXIT } from '../exit-codes.ts';
import { readyManifest } from '../manifest.ts';
import { openClient, optionsOf } from '../session.ts';
import { configOf, existingStore, openCallStore } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output, flags, signal } = call;
  const config = await configOf(call);
  const { manifest, references, ...ready } = await readyManifest(call, await existingStore(call, config));
  const store = await openCallStore(call, config);
  const temporal = await openClient(config, store, signal);
  if (!temporal) {
    throw new HummingbatchError('no-temporal', 'No Temporal server runs that could take the batch.', {
      fix: `Start one with \`${commandOf('up', '', flags).trim()}\`, or use \`hummingbatch run\`, which brings its own.`,
    });
  }
  const { client, hummingbatch, taskQueue } = temporal;
  try {
    await requireWorker(client, taskQueue);
    const batchId = await chooseId(store, { manifest, references, ...ready }, flags);
    const started = await hummingbatch.start({
      manifest,
      references,
      batchId,
      options: optionsOf(config, store, flags),
    });
    output.print(batchId);
    output.say(
      `${started.attached ? 'It was there already' : 'Started'}. To follow it: ${commandOf('watch', batchId, flags)}`,
    );
    output.printJson(started);
    return EXIT.done;
  } finally {
    await client.connection.close();
  }
};
