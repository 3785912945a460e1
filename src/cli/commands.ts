import type { BatchProgress } from '../contract/index.ts';
import type { Flags } from './flags.ts';

/** A command that goes on, with the flags that lead to the same store. */
export function commandOf(verb: string, words: string, { emulator, store }: Flags): string {
  const place = [...(emulator ? [' --emulator'] : []), ...(store ? [` --store ${quoted(store)}`] : [])];
  return `hummingbatch ${verb}${words && ` ${words}`}${place.join('')}`;
}

/** These are about no store. */
const PLACELESS: readonly string[] = ['init', 'emulator'];

/** A sentence whose commands (`hummingbatch …`) get the flags that lead to the same store. */
export function withPlace(sentence: string, flags: Flags): string {
  return sentence.replaceAll(COMMAND, (command, verb: string, words = '') =>
    PLACELESS.includes(verb) ? command : `\`${commandOf(verb, words, flags)}\``,
  );
}

/** A command with a verb in a sentence. */
const COMMAND = /`hummingbatch ([a-z][\w-]*)(?: ([^`]*))?`/g;

/** The command that goes on with a batch; undefined where nothing is left to do. */
export function nextCommand(progress: BatchProgress, flags: Flags): string | undefined {
  const { batchId, state, stop, outputs } = progress;
  const named = stop && [...stop.fix.matchAll(COMMAND)][0];
  if (named && state === 'NEEDS_ATTENTION') return commandOf(named[1] ?? '', named[2] ?? '', flags);
  // What was refused is made again only by name.
  const isOnlyRefused =
    state === 'COMPLETED_WITH_FAILURES' && outputs.refused > 0 && outputs.failed + outputs.missing === 0;
  if (isOnlyRefused) return commandOf('retry', `${batchId} --outcome refused`, flags);
  const verb = NEXT[state];
  return verb && commandOf(verb, batchId, flags);
}

const NEXT: Record<BatchProgress['state'], string | undefined> = {
  PREPARING: 'watch',
  AWAITING_APPROVAL: 'approve',
  STAGING: 'watch',
  SUBMITTING: 'watch',
  WAITING: 'watch',
  COLLECTING: 'watch',
  REPORTING: 'watch',
  CANCELLING: 'watch',
  NEEDS_ATTENTION: 'retry',
  COMPLETED: undefined,
  COMPLETED_WITH_FAILURES: 'retry',
  CANCELLED: 'retry',
  FAILED: 'retry',
};

function quoted(text: string): string {
  return /^[\w./~:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
