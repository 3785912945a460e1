import type { BatchProgress } from '../contract/index.ts';
import type { Flags } from './flags.ts';

/** A command that goes on, with the flags that lead to the same store. */
export function commandOf(verb: string, words: string, { emulator, store }: Flags): string {
  const place = [...(emulator ? [' --emulator'] : []), ...(store ? [` --store ${quoted(store)}`] : [])];
  return `hummingbatch ${verb}${words && ` ${words}`}${place.join('')}`;
}

/** A sentence whose commands (`hummingbatch …`) get the flags that lead to the same store. */
export function withPlace(sentence: string, flags: Flags): string {
  return sentence.replaceAll(/`hummingbatch ([\w-]+) ([^`]*)`/g, (_, verb: string, words: string) => {
    return `\`${commandOf(verb, words, flags)}\``;
  });
}

/** The command that goes on with a batch; undefined where nothing is left to do. */
export function nextCommand({ batchId, state, stop }: BatchProgress, flags: Flags): string | undefined {
  const verb = NEXT[state];
  const named = stop && /`hummingbatch ([\w-]+) ([^`]*)`/.exec(stop.fix);
  if (named && state === 'NEEDS_ATTENTION') return commandOf(named[1] ?? '', named[2] ?? '', flags);
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
