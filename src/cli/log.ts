import pino, { type Logger } from 'pino';
import type { Output } from './output.ts';

/** The worker's log on stderr: a short line each for a person at a terminal, else JSON lines. */
export function createLog(output: Output, level: 'silent' | 'info'): Logger {
  const target = output.isTerminal
    ? { write: (line: string) => output.say(readable(line, output)) }
    : pino.destination({ fd: 2, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target);
}

const WARN = 40;

function readable(line: string, { paint }: Output): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const clock = new Date(String(time)).toLocaleTimeString();
  const what = Number(level) >= WARN ? paint('yellow', String(msg)) : String(msg);
  return `${paint('dim', clock)} ${what} ${paint('dim', details.join(' '))}`;
}
