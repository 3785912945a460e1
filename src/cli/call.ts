import type { ExitCode } from './exit-codes.ts';
import type { Flags } from './flags.ts';
import type { Output } from './render/output.ts';

/** One call of a verb, with all that it needs of its process. */
export interface Call {
  /** The words after the verb; required ones are never missing. */
  args: readonly string[];
  flags: Flags;
  output: Output;
  cwd: string;
  /** Of this package. */
  version: string;
  env: NodeJS.ProcessEnv;
  /** Asks a person on stderr; undefined where no person is at the terminal. */
  ask: ((question: string) => Promise<string>) | undefined;
  /** Aborts on Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}

/** The export `verb` of a file in `verbs/`. It resolves with the exit code; an error that it throws is printed. */
export type Verb = (call: Call) => Promise<ExitCode>;
