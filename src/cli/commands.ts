import { availableActions, type BatchProgress } from '../contract/index.ts';
import type { Flags } from './flags.ts';

/** A command that goes on, with the flags that lead to the same store. */
export function formatCommand(verb: string, words: string, flags: Flags): string {
  return placed(`hummingbatch ${verb}${words && ` ${words}`}`, flags);
}

/** These are about no store. */
const PLACELESS: readonly string[] = ['init', 'emulator'];

/** A command with a verb in a sentence. */
const COMMAND = /`(hummingbatch ([a-z][\w-]*)(?: [^`]*)?)`/g;

/** A sentence whose commands (`hummingbatch …`) get the flags that lead to the same store. */
export function withPlace(sentence: string, flags: Flags): string {
  return sentence.replaceAll(COMMAND, (quoted, command: string, verb: string) =>
    PLACELESS.includes(verb) ? quoted : `\`${placed(command, flags)}\``,
  );
}

/** The command that goes on with a batch; undefined where nothing is left to do. */
export function nextCommand(progress: BatchProgress, flags: Flags): string | undefined {
  const [first] = availableActions(progress);
  return first && progress.state !== 'COMPLETED' ? placed(first.command, flags) : undefined;
}

function placed(command: string, { emulator, store }: Flags): string {
  return `${command}${emulator ? ' --emulator' : ''}${store ? ` --store ${quoted(store)}` : ''}`;
}

function quoted(text: string): string {
  return /^[\w./~:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
