import { join } from 'node:path';
import { ownTaskQueue } from '../../../src/contract/queues.ts';
import { isRunning } from '../../../src/local/process.ts';
import { readRecord } from '../../../src/local/record.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Desk, Ended, Running } from '../desk.ts';
import type { Trial, Victim } from './trial.ts';

const STORE = 'hummingbatch';

/** The processes that work on the batch of a desk, and a person who starts again what was killed. */
export interface Actors {
  kill(victim: Victim): Promise<void>;
  /** `run` has ended by itself. */
  isOver(): boolean;
  /** It takes too long: ends `run`, so that what it said can be looked at. */
  giveUp(): void;
  /** How that `run` ended; the others are ended too. */
  end(): Promise<Ended>;
}

/** A batch of its own for each trial, as they share a server. */
const runArguments = ({ seed }: Trial) => ['run', 'm.yaml', '--id', `crash-${seed}`, '--json', '--yes'];

export async function startActors(desk: Desk, trial: Trial, temporal: string): Promise<Actors> {
  return trial.profile === 'own' ? ownActors(desk, trial) : servedActors(desk, trial, temporal);
}

async function ownActors(desk: Desk, trial: Trial): Promise<Actors> {
  const begin = () => desk.begin(...runArguments(trial));
  let run = begin();
  return {
    async kill(victim) {
      if (victim !== 'server') run.child.kill('SIGKILL');
      if (victim !== 'run') await killServer(desk);
      if (victim === 'server') return;
      await run.ended;
      run = begin();
    },
    isOver: () => hasEnded(run),
    giveUp: () => void run.child.kill('SIGKILL'),
    end: () => run.ended,
  };
}

async function servedActors(desk: Desk, trial: Trial, temporal: string): Promise<Actors> {
  const { id } = await openStore(join(desk.folder, STORE));
  const place = { TEMPORAL_ADDRESS: temporal, HUMMINGBATCH_TASK_QUEUE: ownTaskQueue(id) };
  const work = () => desk.beginWith(place, 'worker', '--store', STORE);
  let worker = work();
  await worker.said('Working for');
  const run = desk.beginWith(place, ...runArguments(trial), '--store', STORE);
  return {
    async kill() {
      worker.child.kill('SIGKILL');
      await worker.ended;
      worker = work();
    },
    isOver: () => hasEnded(run),
    giveUp: () => void run.child.kill('SIGKILL'),
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
