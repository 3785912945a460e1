import { bringServer } from '../bring-server.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { untilInterrupted } from '../serve.ts';
import { configOf, openCallStore } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output } = call;
  const config = await configOf(call);
  const store = await openCallStore(call, config);
  const server = await bringServer(call, config, store);
  const { address, uiUrl, namespace } = server;
  try {
    output.print(`${address}\n${uiUrl}`);
    output.printJson({ address, uiUrl, namespace });
    await untilInterrupted(call, server.fallen);
  } finally {
    await server.release();
  }
  return EXIT.done;
};
