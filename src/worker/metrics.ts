import { type NativeConnection, Runtime } from '@temporalio/worker';
import type { ActivityDeps } from '../activities/index.ts';
import { ADDED_LABELS, listLabelCombinations, METRICS, type Metric } from '../batch/metrics.ts';
import { WORKFLOW_TYPE } from '../contract/input.ts';
import { toTransferQueue } from '../contract/queues.ts';
import { watchBatches } from './batch-gauges.ts';

export interface WorkerMetricsOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  deps: Pick<ActivityDeps, 'searchAttributes' | 'log' | 'pause'>;
}

/** Starts every series that is not rare at 0, and updates the gauges until the signal aborts. */
export async function showMetrics(options: WorkerMetricsOptions, signal: AbortSignal): Promise<void> {
  const { connection, namespace, taskQueue, deps } = options;
  const { metricMeter } = Runtime.instance();
  for (const metric of Object.values(METRICS)) startAtZero(metric, { namespace, taskQueue });
  await watchBatches(
    {
      taskQueue,
      ...deps,
      meter: metricMeter.withTags({ namespace, taskQueue }),
      async count(query) {
        const { count } = await connection.workflowService.countWorkflowExecutions({ namespace, query });
        return Number(count ?? 0);
      },
    },
    signal,
  );
}

/** Prometheus counts the increase of a series from its second value on: a series that starts with 60 images shows none. */
function startAtZero(metric: Metric, place: { namespace: string; taskQueue: string }): void {
  const { name, kind, by, description, rare } = metric;
  if (kind !== 'counter' || rare) return;
  const added: Record<string, string> = {
    ...place,
    ...(by !== 'workflow' && { taskQueue: toTransferQueue(place.taskQueue) }),
    workflowType: WORKFLOW_TYPE,
    activityType: by,
  };
  const tags = Object.fromEntries(ADDED_LABELS[by].map((label) => [label, added[label] ?? '']));
  const counter = Runtime.instance().metricMeter.createCounter(name, undefined, description);
  for (const labels of listLabelCombinations(metric)) counter.add(0, { ...tags, ...labels });
}
