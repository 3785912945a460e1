/**
 * hummingbatch in a process of your own: a worker, the HTTP API, or all that one machine needs.
 *
 * Everything comes in as an option. Nothing here reads environment variables or installs signal handlers.
 */
export { type ApiOptions, type ApiSettings, type RunningApi, startApi } from './api.ts';
export { type LocalHost, type LocalOptions, startLocal } from './local.ts';
export type { GeminiOptions, TemporalOptions, WatchOptions, WebhookOptions } from './options.ts';
export { type ServerOptions, startServer } from './server.ts';
export { type RunningWorker, startWorker, type WorkerOptions } from './worker.ts';
