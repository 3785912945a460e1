import { startServer } from '../../host/server.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { waitForInterrupt } from '../serve.ts';
import { openCallStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output, signal } = call;
  const { port, uiPort } = call.flags;
  const config = await readConfig(call);
  const store = await openCallStore(call, config);
  const say = (sentence: string) => output.say(output.paint('dim', sentence));
  const server = await startServer({ store, env: { ...config.env }, port, uiPort, say, signal });
  const { address, uiUrl, namespace } = server;
  try {
    output.print(`${address}\n${uiUrl}`);
    output.printJson({ address, uiUrl, namespace });
    await waitForInterrupt(call, server.failed);
  } finally {
    await server.release();
  }
  return EXIT.done;
};
