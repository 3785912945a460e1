import { metricMeter } from '@temporalio/workflow';
import { counterOn } from '../batch/metrics.ts';

/** Counts in the worker's metrics; silent on replay. */
export const count = counterOn(metricMeter);
