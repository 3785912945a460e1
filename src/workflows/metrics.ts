import { metricMeter } from '@temporalio/workflow';
import { createCounter } from '../batch/metrics.ts';

/** Counts in the worker's metrics; silent on replay. */
export const count = createCounter(metricMeter);
