import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { HummingbatchError } from '../contract/errors.ts';
import { toWorkflowId } from '../contract/input.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Messages about what is intended, or what our own log has a line for. */
const SUPPRESSED = ['No workflows registered, not polling for workflow tasks', 'Activity failed'];
/** Upper bounds, s: Temporal's own buckets end at a minute and a day; transfers take hours and batches two days. */
const BUCKETS = {
  activity_execution_latency: [0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1_800, 7_200],
  workflow_endtoend_latency: [60, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600],
};

type Meta = Record<string, unknown>;

/**
 * Sets up Temporal's native part before the first connection: one Runtime for a process. Where the process has one already,
 * it stays as it is and `log` gets no lines of workflows. Ours handles no signals: the process decides what Ctrl-C means.
 *
 * @param metrics the IP address and port where they are served under `/metrics`; unset: nowhere
 * @throws `usage` where they cannot be served there, or the process has a Runtime already
 */
export function installRuntime(log: Logger, metrics?: string): void {
  try {
    Runtime.install(buildRuntimeOptions(log, metrics));
  } catch (cause) {
    // The one way to see a Runtime without making one: `Runtime.instance()` makes it.
    const exists = cause instanceof IllegalStateError;
    if (exists && metrics === undefined) return;
    if (exists) throw metricsNeedOwnRuntime(metrics ?? '', cause);
    if (metrics === undefined) throw cause;
    throw unserved(metrics, cause);
  }
}

function metricsNeedOwnRuntime(address: string, cause: unknown): HummingbatchError {
  return new HummingbatchError(
    'usage',
    `Metrics cannot be served at ${address}: this process has a Temporal Runtime already.`,
    {
      fix: 'Leave `metrics` out, and give that Runtime `telemetryOptions.metrics.prometheus`.',
      cause,
    },
  );
}

function buildRuntimeOptions(log: Logger, metrics: string | undefined): RuntimeOptions {
  return {
    telemetryOptions: {
      // Forwarded: otherwise the native part writes to the terminal, through every progress bar.
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      ...(metrics !== undefined && {
        metrics: {
          prometheus: {
            bindAddress: metrics,
            // As Prometheus names things.
            countersTotalSuffix: true,
            unitSuffix: true,
            useSecondsForDurations: true,
            histogramBucketOverrides: BUCKETS,
          },
        },
      }),
    },
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta = {} }) => {
      if (meta['sdkComponent'] === 'workflow') log[LEVELS[level]](pickOwnFields(meta), message);
      else if ((level === 'WARN' || level === 'ERROR') && !SUPPRESSED.includes(message))
        log[LEVELS[level]](pickTemporalFields(meta), message);
    }),
  };
}

/** The fields that Temporal adds to a log line of a workflow. */
const ADDED = ['sdkComponent', 'namespace', 'taskQueue', 'workflowId', 'runId', 'workflowType'];

function pickOwnFields(meta: Meta): Meta {
  return Object.fromEntries(
    Object.entries(meta).filter(([name]) => !ADDED.includes(name) && !name.startsWith('update')),
  );
}

/** Of a log line of Temporal itself: the batch that it is about, and the error. */
function pickTemporalFields({ workflowId, error }: { workflowId?: string; error?: Error | string }): Meta {
  const [, batch] = workflowId?.split(toWorkflowId('')) ?? [];
  return { ...(batch && { batch }), ...(error !== undefined && { temporal: String(error) }) };
}

/** The native part has no error code for it, only a text: `Failed to start prometheus metrics exporter: Address already in use (os error 98)`. */
function unserved(address: string, cause: unknown): HummingbatchError {
  const [, why = String(cause)] = /exporter: (.+?)(?: \(os error \d+\))?$/.exec(String(cause)) ?? [];
  return new HummingbatchError('usage', `Metrics cannot be served at ${address}: ${why}.`, {
    fix: 'Name another address and port with --metrics, or in HUMMINGBATCH_METRICS.',
    cause,
  });
}
