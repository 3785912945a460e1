import pino, { type Logger } from 'pino';
import type { Call } from './call.ts';
import type { LogStyle } from './config/settings.ts';
import type { Output } from './render/output.ts';
import { toTerminalJson } from './render/terminal-text.ts';

/** The worker's log on stderr: a short line for each event on a terminal, else JSON lines. */
export function createLog(output: Output, level: 'silent' | 'info', style = defaultStyle(output)): Logger {
  const target =
    style === 'pretty' ? { write: (line: string) => output.say(readable(line, output)) } : jsonLines();
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, target);
}

/** The call of a process whose stderr is its log: in a JSON log, messages for people are lines of it, too. */
export function logged(call: Call, style: LogStyle | undefined): { call: Call; log: Logger } {
  const log = createLog(call.output, 'info', style);
  if ((style ?? defaultStyle(call.output)) === 'pretty') return { call, log };
  return { call: { ...call, output: { ...call.output, say: (sentence) => log.info(sentence) } }, log };
}

function defaultStyle({ isTerminal }: Output): LogStyle {
  return isTerminal ? 'pretty' : 'json';
}

function jsonLines() {
  const stderr = pino.destination({ fd: 2, sync: true });
  return { write: (line: string) => void stderr.write(toTerminalJson(line)) };
}

const ALARMING = ['warn', 'error', 'fatal'];

function readable(line: string, { paint }: Output): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const clock = new Date(String(time)).toLocaleTimeString();
  const what = ALARMING.includes(String(level)) ? paint('yellow', String(msg)) : String(msg);
  return `${paint('dim', clock)} ${what} ${paint('dim', details.join(' '))}`;
}
