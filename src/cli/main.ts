#!/usr/bin/env node
import { HummingbatchError } from '../contract/errors.ts';
import { readVersion } from '../host/version.ts';
import type { Call } from './call.ts';
import { EXIT, type ExitCode, exitOfError } from './exit-codes.ts';
import type { Flags } from './flags.ts';
import { runProgram } from './program.ts';
import { createOutput, known } from './render/output.ts';

const argv = process.argv.slice(2);
const interruption = new AbortController();
// Before the flags are read, for errors in reading them.
let output = outputFor({ json: argv.includes('--json'), verbose: argv.includes('--verbose') });

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
// The reader of a pipe may end early (`hummingbatch list | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.error);
});

const code = await main();
// A pipe on Windows is written later, and an exit before that would lose output.
process.stdout.write('', () => process.exit(code));

async function main(): Promise<ExitCode> {
  try {
    return await runProgram(argv, {
      version: readVersion(),
      stdout: process.stdout,
      stderr: process.stderr,
      buildCall,
    });
  } catch (error) {
    output.fail(error);
    return interruption.signal.aborted ? EXIT.interrupted : exitOfError(known(error).code);
  }
}

function buildCall(args: readonly string[], flags: Flags): Call {
  output = outputFor(flags);
  const canAsk = process.stdin.isTTY && process.stderr.isTTY;
  return {
    args,
    flags,
    output,
    cwd: process.cwd(),
    version: readVersion(),
    env: process.env,
    ask: canAsk ? ask : undefined,
    signal: interruption.signal,
  };
}

function outputFor({ json = false, verbose = false, ...place }: Flags) {
  const { stdout, stderr, env } = process;
  return createOutput({ stdout, stderr, env, json, verbose, place });
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: interruption.signal });
  } finally {
    lines.close();
  }
}

/** The first signal ends the command in order, the second at once. */
function interrupt(): void {
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort(new HummingbatchError('aborted', 'Interrupted.'));
}
