import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Said of the worker that has only transfers, which is as it should be. */
const EXPECTED = 'No workflows registered, not polling for workflow tasks';

/**
 * Sets up Temporal's native part, once per process and before the first connection. Its signals are not handled there:
 * whoever owns the process decides what Ctrl-C means.
 */
export function installRuntime(log: Logger): void {
  Runtime.install({
    // Forwarded: by itself the native part writes to the terminal, through every progress bar.
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (message === EXPECTED) return;
      log[LEVELS[level]]({ temporal: meta?.['error'] ? String(meta['error']) : undefined }, message);
    }),
  });
}
