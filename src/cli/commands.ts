import type { Flags } from './flags.ts';

/** The flags that lead to the same store. */
export type PlaceFlags = Pick<Flags, 'emulator' | 'store'>;

/** A command as it is typed, with the flags that lead to the same store. */
export function formatCommand(verb: string, words: string, flags: PlaceFlags): string {
  return withPlace(`hummingbatch ${verb}${words && ` ${words}`}`, flags);
}

/** A command with the flags that lead to the same store. */
export function withPlace(command: string, { emulator, store }: PlaceFlags): string {
  return `${command}${emulator ? ' --emulator' : ''}${store ? ` --store ${quoteForShell(store)}` : ''}`;
}

function quoteForShell(text: string): string {
  return /^[\w./~:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
