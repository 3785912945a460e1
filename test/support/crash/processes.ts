import { join } from 'node:path';
import { ownTaskQueue } from '../../../src/contract/queues.ts';
import { isRunning } from '../../../src/local/process.ts';
import { readRecord } from '../../../src/local/record.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Desk, Running } from '../desk.ts';
import type { Ended } from '../run-here.ts';
import type { Trial, Victim } from './trial.ts';

const STORE = 'hummingbatch';

/** The processes of one trial. A killed process is started again. */
export interface TrialProcesses {
  kill(victim: Victim): Promise<void>;
  /** Whether `run` has ended. */
  isFinished(): boolean;
  /** Kills a `run` that takes too long, so that its output can be checked. */
  abort(): void;
  /** Waits for the end of `run` and stops the other processes. */
  end(): Promise<Ended>;
}

/** Each trial has its own batch id, because trials may share a server. */
const runArguments = ({ seed }: Trial) => ['run', 'm.yaml', '--id', `crash-${seed}`, '--json', '--yes'];

export async function startProcesses(desk: Desk, trial: Trial, temporal: string): Promise<TrialProcesses> {
  return trial.profile === 'own'
    ? startWithOwnServer(desk, trial)
    : startWithSharedServer(desk, trial, temporal);
}

async function startWithOwnServer(desk: Desk, trial: Trial): Promise<TrialProcesses> {
  const startRun = () => desk.begin(...runArguments(trial));
  let run = startRun();
  return {
    async kill(victim) {
      if (victim !== 'server') run.child.kill('SIGKILL');
      if (victim !== 'run') await killServer(desk);
      if (victim === 'server') return;
      await run.ended;
      run = startRun();
    },
    isFinished: () => hasEnded(run),
    abort: () => void run.child.kill('SIGKILL'),
    end: () => run.ended,
  };
}

async function startWithSharedServer(desk: Desk, trial: Trial, temporal: string): Promise<TrialProcesses> {
  const { id } = await openStore(join(desk.folder, STORE));
  const temporalEnvironment = { TEMPORAL_ADDRESS: temporal, HUMMINGBATCH_TASK_QUEUE: ownTaskQueue(id) };
  const startWorker = () => desk.beginWith(temporalEnvironment, 'worker', '--store', STORE);
  let worker = startWorker();
  await worker.said('Worker of');
  const run = desk.beginWith(temporalEnvironment, ...runArguments(trial), '--store', STORE);
  return {
    async kill() {
      worker.child.kill('SIGKILL');
      await worker.ended;
      worker = startWorker();
    },
    isFinished: () => hasEnded(run),
    abort: () => void run.child.kill('SIGKILL'),
    async end() {
      const ended = await run.ended;
      worker.child.kill('SIGTERM');
      await worker.ended;
      return ended;
    },
  };
}

async function killServer({ folder }: Desk): Promise<void> {
  const server = await readRecord(join(folder, STORE, '.temporal')).catch(() => undefined);
  if (server && isRunning(server)) process.kill(server.pid, 'SIGKILL');
}

function hasEnded({ child }: Running): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
