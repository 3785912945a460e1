import type { Verb } from './call.ts';
import type { FlagName } from './flags.ts';

/** A verb of the command line. Its code is loaded when it is called. */
export interface VerbSpec {
  name: string;
  /** In commander's spelling. */
  args?: string;
  summary: string;
  /** A line that can be typed as it is. */
  example: string;
  flags: readonly FlagName[];
  load: () => Promise<{ verb: Verb }>;
}

/** Verbs about one thing, written as two words: `schedule create`. */
export interface VerbGroup extends Omit<VerbSpec, 'args' | 'flags' | 'load'> {
  verbs: readonly VerbSpec[];
}
