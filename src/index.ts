/**
 * hummingbatch: image batches on Google's Gemini Batch API, each a durable Temporal workflow.
 *
 * Services use `connect`, with a worker and a Temporal server that run elsewhere. Scripts use `makeImages`, which starts
 * both for as long as the script runs.
 */
import type { ImageRun, MakeImagesOptions } from './host/make-images-options.ts';

export * from './client/index.ts';
export type { ImageRun, MakeImagesOptions } from './host/make-images-options.ts';

/**
 * Makes the images of a manifest and yields one record for each output, final, as its round is collected. The loop ends with
 * the batch.
 *
 * It starts what is missing: a managed dev server on the store's folder and a worker in this process. Called again with
 * the same manifest and store, after a crash, it continues the same batch and pays nothing twice; a batch that has ended
 * yields its stored records and starts nothing. Every call yields all records from the first one on.
 *
 * A batch that stops or waits for approval throws an error with the stop's `code`, and a `fix` that continues it. Leaving the
 * loop early, or aborting `signal`, closes the worker and the server. The job that runs then continues at Google and is
 * paid: `run.progress` names `batchId` and `job`.
 *
 * It installs no signal handlers, and uses a Temporal `Runtime` that the process has installed as it is. Of the
 * environment it reads GEMINI_API_KEY where `apiKey` is unset, and what finding, downloading and starting the Temporal CLI
 * needs (PATH, HOME, proxies, HUMMINGBATCH_TEMPORAL_CLI, HUMMINGBATCH_CACHE).
 *
 * @example
 * ```ts
 * import { makeImages } from 'hummingbatch';
 *
 * for await (const record of makeImages('manifest.yaml', { store: './hummingbatch', maxCostUsd: 5 })) {
 *   console.log(record.output, record.outcome, record.file ?? record.message);
 * }
 * ```
 * @throws before anything starts: `usage` without a budget, `manifest-invalid`, `no-key`, `key-invalid`;
 *   while it starts: `no-temporal-cli`, `no-temporal`, `temporal-elsewhere`, `batch-conflict`, and the errors of the store;
 *   while it runs: the code of the stop (`over-budget`, `permission-denied`, `disk-full` …), `approval-required`, and
 *   `aborted`, whose `cause` is the signal's reason
 */
export function makeImages(
  manifest: MakeImagesOptions['manifest'],
  options: Omit<MakeImagesOptions, 'manifest'>,
): ImageRun {
  let run: ImageRun | undefined;
  async function* records() {
    // A service that only connects loads no worker.
    const host = await import('./host/make-images.ts');
    const { env } = process;
    run = host.makeImages(manifest, { ...options, env, apiKey: options.apiKey ?? env['GEMINI_API_KEY'] });
    yield* run;
  }
  return Object.defineProperty(records(), 'progress', { get: () => run?.progress }) as ImageRun;
}
