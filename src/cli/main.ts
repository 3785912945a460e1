#!/usr/bin/env node
import { HummingbatchError } from '../contract/errors.ts';
import { EXIT } from './exit-codes.ts';
import { toTerminal } from './render/terminal-text.ts';
import { runCommand } from './run-command.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
// The reader of a pipe may end early (`hummingbatch list | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.error);
});

const canAsk = process.stdin.isTTY && process.stderr.isTTY;
const code = await runCommand(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  env: process.env,
  ask: canAsk ? ask : undefined,
  signal: interruption.signal,
});
// A pipe on Windows is written later, and an exit before that would lose output.
process.stdout.write('', () => process.exit(code));

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(toTerminal(question), { signal: interruption.signal });
  } finally {
    lines.close();
  }
}

/** The first signal ends the command in order, the second at once. */
function interrupt(): void {
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort(new HummingbatchError('aborted', 'Interrupted.'));
}
