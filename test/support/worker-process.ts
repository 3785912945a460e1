import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';
import { buildNodeArguments } from './node.ts';
import { quietEnvironment } from './run-here.ts';
import type { World } from './world.ts';

/** A worker as users run it: the built command in its own process. */
export interface WorkerProcess {
  pid: number;
  /** Its stderr so far. */
  readLog(): string;
  /** Resolves when its log contains the text. */
  waitForLog(words: string | RegExp): Promise<void>;
  /** Resolves with its exit code when it has ended for any reason. */
  exited: Promise<number | null>;
  /** Sends SIGKILL and waits until the process has ended. */
  kill(): Promise<void>;
  /** Sends SIGTERM and waits until the process has ended. */
  stop(): Promise<void>;
}

export function startWorkerProcess(
  { store, taskQueue, emulator }: World,
  more: Record<string, string> = {},
): WorkerProcess {
  const child = spawn(process.execPath, buildNodeArguments('worker', '--store', store.location), {
    env: {
      ...quietEnvironment(),
      TEMPORAL_ADDRESS: inject('temporal'),
      HUMMINGBATCH_TASK_QUEUE: taskQueue,
      HUMMINGBATCH_GEMINI_URL: emulator.url,
      GEMINI_API_KEY: 'test-key',
      ...more,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let log = '';
  child.stderr.on('data', (bytes: Buffer) => {
    log += bytes.toString();
    if (process.env['TEST_LOG']) process.stderr.write(bytes);
  });
  return {
    pid: child.pid ?? 0,
    exited,
    readLog: () => log,
    async waitForLog(words) {
      while (log.search(words) < 0) await pause(20);
    },
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
