import type { MetricMeter } from '@temporalio/common';
import type { Logger } from 'pino';
import { METRICS } from '../batch/metrics.ts';
import { ERROR_CODES, OPEN_STATES } from '../contract/index.ts';

/** As often as Prometheus usually scrapes. One round is 9 counts, and one for each code while a batch is stopped. */
const COUNT_INTERVAL_MS = 15_000;

export interface BatchGaugesOptions {
  taskQueue: string;
  /** How many workflows of the namespace a query finds. */
  count: (query: string) => Promise<number>;
  /** Names of the search attributes that the namespace knows; a gauge without its attribute is left out. */
  searchAttributes: () => Promise<string[]>;
  /** Rejects where the signal aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  meter: MetricMeter;
  log: Logger;
}

/**
 * Shows how many batches of a queue are open in each state, and how many have stopped for each reason. Temporal cannot
 * group by our search attributes, so each number is a query of its own. Ends with the signal.
 */
export async function watchBatches(options: BatchGaugesOptions, signal: AbortSignal): Promise<void> {
  const { searchAttributes, pause, log } = options;
  const gauges = createGauges(options);
  for (let failing = false; !signal.aborted; ) {
    try {
      await gauges.count(await searchAttributes());
      failing = false;
    } catch (error) {
      gauges.clear();
      if (!failing && !signal.aborted) log.warn({ error: String(error) }, 'batches cannot be counted');
      failing = true;
    }
    // The signal ends the pause, and then the loop.
    await pause(COUNT_INTERVAL_MS, signal).catch(() => undefined);
  }
}

function createGauges({ taskQueue, count, meter }: BatchGaugesOptions) {
  // Float gauges have NaN for "not known"; integer gauges have no such value.
  const createGauge = ({ name, description }: { name: string; description: string }) =>
    meter.createGauge(name, 'float', undefined, description);
  const [batches, stopped] = [createGauge(METRICS.batches), createGauge(METRICS.stopped)];
  const open = `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"`;
  /** Codes that have been shown: they stay, as 0. */
  const seen = new Set<string>();

  return {
    async count(known: readonly string[]): Promise<void> {
      // They may be registered later.
      if (!known.includes('BatchState')) return;
      const counts = new Map<string, number>();
      for (const state of OPEN_STATES) counts.set(state, await count(`${open} AND BatchState = "${state}"`));
      const stops =
        counts.get('NEEDS_ATTENTION') && known.includes('StopReason')
          ? await countStops()
          : new Map<string, number>();
      for (const [state, number] of counts) batches.set(number, { state });
      for (const code of stops.keys()) seen.add(code);
      for (const code of seen) stopped.set(stops.get(code) ?? 0, { code });
    },
    /** A stale number would be taken for a current one. */
    clear(): void {
      for (const state of OPEN_STATES) batches.set(Number.NaN, { state });
      for (const code of seen) stopped.set(Number.NaN, { code });
    },
  };

  async function countStops(): Promise<Map<string, number>> {
    const stops = new Map<string, number>();
    for (const code of ERROR_CODES) {
      const number = await count(`${open} AND BatchState = "NEEDS_ATTENTION" AND StopReason = "${code}"`);
      if (number > 0) stops.set(code, number);
    }
    return stops;
  }
}
