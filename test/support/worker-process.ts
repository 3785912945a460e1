import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { World } from './world.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A worker as users run it: the built command in a process of its own. */
export interface WorkerProcess {
  pid: number;
  /** SIGKILL, and back when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and back when it has ended by itself. */
  stop(): Promise<void>;
}

export function startWorkerProcess({ store, taskQueue, emulator }: World): WorkerProcess {
  const child = spawn(process.execPath, [CLI, 'worker', '--store', store.location], {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: inject('temporal'),
      HUMMINGBATCH_TASK_QUEUE: taskQueue,
      HUMMINGBATCH_GEMINI_URL: emulator.url,
      GEMINI_API_KEY: 'test-key',
    },
    stdio: ['ignore', 'ignore', process.env['TEST_LOG'] ? 'inherit' : 'ignore'],
  });
  return { pid: child.pid ?? 0, kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
