import { readVersion } from '../host/version.ts';
import type { Call } from './call.ts';
import { EXIT, type ExitCode, exitOfError } from './exit-codes.ts';
import type { Flags } from './flags.ts';
import { runProgram } from './program.ts';
import { createOutput, known, type Output } from './render/output.ts';

/** What a command needs of its process. */
export interface CommandContext extends Pick<Call, 'cwd' | 'env' | 'ask' | 'signal'> {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Runs a command line to its end. An error is printed with its fix, and becomes the exit code. */
export async function runCommand(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { stdout, stderr, ...surroundings } = context;
  const version = readVersion();
  const outputFor = ({ json = false, verbose = false, ...place }: Flags): Output =>
    createOutput({ stdout, stderr, env: context.env, json, verbose, place });
  // Before the flags are read, for errors in reading them.
  let output = outputFor({ json: argv.includes('--json'), verbose: argv.includes('--verbose') });
  const buildCall = (args: readonly string[], flags: Flags): Call => {
    output = outputFor(flags);
    return { args, flags, output, version, ...surroundings };
  };
  try {
    return await runProgram(argv, { version, stdout, stderr, buildCall });
  } catch (error) {
    output.fail(error);
    return context.signal.aborted ? EXIT.interrupted : exitOfError(known(error).code);
  }
}
