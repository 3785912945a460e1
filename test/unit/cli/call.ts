import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Call } from '../../../src/cli/call.ts';

/** A folder that is gone when the test is over. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hummingbatch-unit-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A call whose messages are kept, in order. */
export function callIn(cwd: string, change: Partial<Call> = {}): Call & { said: string[] } {
  const said: string[] = [];
  return {
    args: [],
    flags: {},
    cwd,
    version: '0.0.0',
    env: {},
    ask: undefined,
    signal: new AbortController().signal,
    output: {
      isTerminal: false,
      json: false,
      verbose: false,
      say: (message) => void said.push(message),
      print: () => undefined,
      printJson: () => undefined,
      fail: () => undefined,
      paint: (_, text) => text,
    },
    ...change,
    said,
  };
}
