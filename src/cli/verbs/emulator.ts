import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HummingbatchError } from '../../contract/index.ts';
import type { EmulatorOptions, FaultPlan } from '../../emulator/index.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { waitForInterrupt } from '../serve.ts';

export const verb: Verb = async (call) => {
  const { output, cwd } = call;
  const { port, jobSeconds, directory, faults } = call.flags;
  const emulator = await start({
    ...(port && { port }),
    ...(jobSeconds !== undefined && { jobSeconds }),
    ...(directory && { directory: resolve(cwd, directory) }),
    ...(faults && { faults: await readPlan(resolve(cwd, faults)) }),
  });
  try {
    output.print(emulator.url);
    output.printJson({ url: emulator.url });
    output.say(
      `Use it: GEMINI_API_KEY=any HUMMINGBATCH_GEMINI_URL=${emulator.url} hummingbatch run manifest.yaml`,
    );
    await waitForInterrupt(call);
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

/** @throws `usage` for a file that is missing, not JSON or not a plan */
async function readPlan(path: string): Promise<FaultPlan> {
  const { FaultPlanError, readFaultPlan } = await import('../../emulator/index.ts');
  try {
    return readFaultPlan(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const why =
      cause instanceof FaultPlanError ? cause.message : `${path} cannot be read as JSON: ${String(cause)}`;
    throw new HummingbatchError('usage', why, { fix: 'Write it as in docs/emulator.md.', cause });
  }
}
