import { fileURLToPath } from 'node:url';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { type ActivityDeps, createActivities } from '../activities/index.ts';
import { transferQueueOf } from '../contract/queues.ts';

/** The workflow code, bundled when the package is built: bundling at start would take 2 s and 300 MB. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

export interface BatchWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  deps: ActivityDeps;
  /** Path of the workflow bundle. */
  bundle?: string;
  /**
   * How long the server waits for this worker to go on with a workflow that it has in memory, ms. After a worker was
   * killed the next one waits that long: short where there is one worker, Temporal's 10 s where there are many.
   */
  stickyMs?: number;
}

/** Transfers at once: each holds up to a line and a group of images, some 60 MB. */
const TRANSFERS = 2;
const SHORT_STEPS = 20;
/** Workflows kept in memory; a sleeping batch that was dropped is replayed in milliseconds. */
const CACHED_WORKFLOWS = 200;

const SHUTDOWN = {
  // Steps hear of the shutdown at once and stop at their next checkpoint; those that do not are left to the next worker.
  shutdownGraceTime: '20s',
  shutdownForceTime: '40s',
} as const;

/** A running worker: workflows and short steps on one queue, transfers with few slots on another. */
export interface BatchWorker {
  /** Settles when both have stopped. */
  stopped: Promise<void>;
  /** Takes no more work and lets running steps end; call it once. */
  shutdown(): void;
}

export async function startWorker(options: BatchWorkerOptions): Promise<BatchWorker> {
  const { connection, namespace, taskQueue, deps, bundle = WORKFLOW_BUNDLE, stickyMs = 10_000 } = options;
  const common: Pick<WorkerOptions, 'connection' | 'namespace' | 'shutdownGraceTime' | 'shutdownForceTime'> =
    {
      connection,
      namespace,
      ...SHUTDOWN,
    };
  const activities = createActivities(deps);
  const steps = await Worker.create({
    ...common,
    taskQueue,
    activities,
    workflowBundle: { codePath: bundle },
    maxCachedWorkflows: CACHED_WORKFLOWS,
    maxConcurrentActivityTaskExecutions: SHORT_STEPS,
    stickyQueueScheduleToStartTimeout: stickyMs,
  });
  const transfers = await Worker.create({
    ...common,
    taskQueue: transferQueueOf(taskQueue),
    activities,
    maxConcurrentActivityTaskExecutions: TRANSFERS,
  });
  const workers = [steps, transfers];
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // Where one falls the other must not go on alone: it would take work that nobody finishes.
  const stopped = Promise.all(workers.map((worker) => worker.run().finally(shutdown))).then(() => undefined);
  return { stopped, shutdown };
}
