import type { ExitCode } from './exit-codes.ts';
import type { Flags } from './flags.ts';
import type { Output } from './render/output.ts';

/** One call of a verb: everything that it may know of its process. */
export interface Call {
  /** The words behind the verb; those that the verb requires are there. */
  args: readonly string[];
  flags: Flags;
  output: Output;
  cwd: string;
  /** Of this package. */
  version: string;
  env: NodeJS.ProcessEnv;
  /** Asks a person, who sees the question on stderr; undefined where nobody is there to answer. */
  ask: ((question: string) => Promise<string>) | undefined;
  /** Aborts on Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}

/** What a file in `verbs/` exports as `verb`. It resolves with the exit code; what it throws is shown as an error. */
export type Verb = (call: Call) => Promise<ExitCode>;
