import { inspect } from 'node:util';
import { HummingbatchError } from '../../contract/index.ts';
import type { PlaceFlags } from '../commands.ts';
import { actionsJson, describeActions } from './actions.ts';
import { type Style, styled, toTerminal, toTerminalJson } from './terminal-text.ts';

/** The output of a command: messages to stderr, results to stdout, so that a pipe gets results only. */
export interface Output {
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** One JSON object instead of text for people. */
  readonly json: boolean;
  readonly verbose: boolean;
  /** A message, one line or several. */
  say(message: string): void;
  /** A result for people; nothing with `json`. */
  print(text: string): void;
  /** A result for programs; nothing without `json`. */
  printJson(value: unknown): void;
  /** An error and its fix; with `json` also as JSON on stdout. */
  fail(error: unknown): void;
  /** Colours a part of a message, where colours are shown: for `say`, `print` or `toTerminal` only. */
  paint: (style: Style, text: string) => string;
}

export interface OutputOptions {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  json: boolean;
  verbose: boolean;
  /** The flags of the call, for commands that lead to the same store. */
  place?: PlaceFlags;
}

export function createOutput({ stdout, stderr, env, json, verbose, place = {} }: OutputOptions): Output {
  const isTerminal = stderr.isTTY;
  const hasColours = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const say = (message: string): void => void stderr.write(`${toTerminal(message)}\n`);
  const paint = (style: Style, text: string): string => (hasColours ? styled(style, text) : text);
  const writeJson = (value: unknown) => stdout.write(`${toTerminalJson(JSON.stringify(value))}\n`);
  return {
    isTerminal,
    json,
    verbose,
    say,
    paint,
    print: (text) => void (json || stdout.write(`${toTerminal(text)}\n`)),
    printJson: (value) => void (json && writeJson(value)),
    fail(thrown) {
      const error = known(thrown);
      say(`${paint('red', 'Error:')} ${error.message}`);
      say(error.fix);
      for (const line of describeActions(error.actions, place)) say(line);
      if (verbose) say(paint('dim', inspect(thrown)));
      if (json) writeJson({ error: errorJson(error, place) });
    },
  };
}

/** An error as `--json` prints it. */
export function errorJson({ code, message, fix, actions }: HummingbatchError, place: PlaceFlags) {
  return { code, message, fix, actions: actionsJson(actions, place) };
}

/** An error without a code is a fault of hummingbatch. */
export function known(error: unknown): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new HummingbatchError('internal', message, { cause: error });
}
