import { importRunCommand } from './built.ts';

/** How a command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Where a command runs. */
interface Surroundings {
  cwd: string;
  /** On top of {@link quietEnvironment}. */
  env: Record<string, string>;
  /** Interrupts it. */
  signal: AbortSignal;
  /** Gets what it writes to either stream, in order. */
  onOutput?: (text: string) => void;
}

/**
 * Runs the built `hummingbatch` in this process, without a terminal: loading it takes Node a second of CPU in a process of its
 * own.
 */
export async function runHere(
  words: readonly string[],
  { cwd, env, signal, onOutput }: Surroundings,
): Promise<Ended> {
  const runCommand = await importRunCommand();
  const written = { stdout: '', stderr: '' };
  const open = (name: 'stdout' | 'stderr') => {
    const write = (text: string): boolean => {
      written[name] += text;
      onOutput?.(text);
      return true;
    };
    return { isTTY: false, write } as NodeJS.WriteStream;
  };
  const code = await runCommand(words, {
    ...{ cwd, signal, ask: undefined },
    env: { ...quietEnvironment(), ...env },
    stdout: open('stdout'),
    stderr: open('stderr'),
  });
  return { code, ...written };
}

/** Nothing of what is set on the machine that runs the tests may steer a command, but for where programs are kept. */
export function quietEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(TEMPORAL_|GEMINI_|HUMMINGBATCH_(?!CACHE|TEMPORAL_CLI)|NODE_|FORCE_COLOR|NO_COLOR)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
