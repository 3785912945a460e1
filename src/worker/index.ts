/** The worker process: workflows and steps, on a connection that is passed in. */
export { closeConnection } from './close-connection.ts';
export { showMetrics } from './metrics.ts';
export { installRuntime } from './runtime.ts';
export { type BatchWorker, startWorker } from './worker.ts';
