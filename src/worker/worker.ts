import { fileURLToPath } from 'node:url';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { type ActivityDeps, createActivities, createTurns } from '../activities/index.ts';
import { toTransferQueue } from '../contract/queues.ts';

/** The workflow code, bundled when the package is built: bundling at start would take 2 s and 300 MB. */
const WORKFLOW_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

interface BatchWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  deps: ActivityDeps;
  /** Path of the workflow bundle. */
  bundle?: string;
  /** Default `service`. `embedded` is the only worker of its queue, in a process that waits for it to end. */
  profile?: keyof typeof PROFILES;
}

/**
 * `shutdownGraceTime`: what steps may still take when the worker stops, before they are interrupted and left to the next
 * one. `stickyQueueScheduleToStartTimeout`: how long the server waits for a worker to continue a workflow that it has
 * in memory; after a worker was killed the next one waits that long, and whoever asks it something waits 5 s.
 */
const PROFILES = {
  service: { shutdownGraceTime: '20s', shutdownForceTime: '45s', stickyQueueScheduleToStartTimeout: '3s' },
  embedded: { shutdownGraceTime: '2s', shutdownForceTime: '25s', stickyQueueScheduleToStartTimeout: '1s' },
} as const satisfies Record<string, Partial<WorkerOptions>>;

/** Transfers that run: each holds up to a line and a group of images, some 60 MB. A slice is longer than most files take. */
const TURNS = { atOnce: 2, sliceMs: 5_000 } as const;
/**
 * Transfers that a worker takes. All but two wait in it for their turn, because Temporal's queue knows no owners. One that waits
 * holds its manifest, and no other worker gets it.
 */
const TRANSFERS = 20;
const SHORT_STEPS = 20;
/** Workflows kept in memory; a sleeping batch that was dropped is replayed in milliseconds. */
const CACHED_WORKFLOWS = 200;

/** A running worker: workflows and short steps on one queue, transfers on another. */
export interface BatchWorker {
  /** Settles when both have stopped. */
  stopped: Promise<void>;
  /** Takes no more tasks and lets running steps end; call it once. */
  shutdown(): void;
}

export async function startWorker(options: BatchWorkerOptions): Promise<BatchWorker> {
  const { connection, namespace, taskQueue, deps, bundle = WORKFLOW_BUNDLE, profile = 'service' } = options;
  const common = { connection, namespace, ...PROFILES[profile] };
  const turns = createTurns(TURNS);
  const activities = createActivities(deps, turns);
  const steps = await Worker.create({
    ...common,
    taskQueue,
    activities,
    workflowBundle: { codePath: bundle },
    maxCachedWorkflows: CACHED_WORKFLOWS,
    maxConcurrentActivityTaskExecutions: SHORT_STEPS,
  });
  const transfers = await Worker.create({
    ...common,
    taskQueue: toTransferQueue(taskQueue),
    activities,
    maxConcurrentActivityTaskExecutions: TRANSFERS,
  });
  const workers = [steps, transfers];
  const shutdown = (): void => {
    turns.close();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // If one fails the other must stop too: it would take work that no worker finishes.
  const stopped = Promise.all(workers.map((worker) => worker.run().finally(shutdown))).then(() => undefined);
  return { stopped, shutdown };
}
