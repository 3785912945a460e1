import { resolve } from 'node:path';
import { HummingbatchError } from '../../contract/index.ts';
import type { EmulatorOptions } from '../../emulator/index.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { untilInterrupted } from '../serve.ts';

export const verb: Verb = async (call) => {
  const { output, cwd } = call;
  const { port, jobSeconds, directory } = call.flags;
  const emulator = await start({
    ...(port && { port }),
    ...(jobSeconds !== undefined && { jobSeconds }),
    ...(directory && { directory: resolve(cwd, directory) }),
  });
  try {
    output.print(emulator.url);
    output.printJson({ url: emulator.url });
    output.say(
      `Use it: GEMINI_API_KEY=any HUMMINGBATCH_GEMINI_URL=${emulator.url} hummingbatch run manifest.yaml`,
    );
    await untilInterrupted(call);
  } finally {
    await emulator.close();
  }
  return EXIT.done;
};

async function start(options: EmulatorOptions) {
  const { createEmulator } = await import('../../emulator/index.ts');
  try {
    return await createEmulator(options);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw new HummingbatchError('usage', `Port ${options.port} is taken.`, {
      fix: 'Name another with --port.',
      cause,
    });
  }
}
