import type { JobRecord } from './jobs.ts';
import { effectAtEnd, isEnded, type Standing } from './life.ts';

/** The output of a job that SUCCEEDED: the name of the result file, or inline answers. */
export type Output = { responsesFile: string } | { inlinedResponses: { inlinedResponses: unknown[] } };

export function getResponsesFile(job: JobRecord): string {
  return `files/batch-${job.id}`;
}

const PACKAGE = 'type.googleapis.com/google.ai.generativelanguage.v1main';

/** A job in Google's JSON: an Operation that holds the output twice. */
export function buildOperation(job: JobRecord, standing: Standing, output?: Output): Record<string, unknown> {
  const name = `batches/${job.id}`;
  return {
    name,
    metadata: {
      '@type': `${PACKAGE}.GenerateContentBatch`,
      model: `models/${job.model}`,
      ...(job.displayName !== undefined && { displayName: job.displayName }),
      ...(job.inputFile !== undefined && { inputConfig: { fileName: job.inputFile } }),
      ...(output && { output }),
      createTime: new Date(job.createTime).toISOString(),
      ...(standing.endTime !== undefined && { endTime: new Date(standing.endTime).toISOString() }),
      updateTime: new Date(standing.updateTime).toISOString(),
      batchStats: buildStats(job, standing),
      state: `BATCH_STATE_${standing.state}`,
      ...(job.priority !== undefined && { priority: job.priority }),
      name,
    },
    ...(isEnded(standing) && { done: true }),
    ...(standing.error && { error: standing.error }),
    ...(standing.state === 'SUCCEEDED' && {
      response: { '@type': `${PACKAGE}.GenerateContentBatchOutput`, ...output },
    }),
  };
}

/** Builds the counters. 64-bit integers are strings in Google's JSON, and zero is left out. */
function buildStats(job: JobRecord, standing: Standing): Record<string, string> {
  const done = job.rows.slice(0, isEnded(standing) ? undefined : standing.worked);
  const failed = done.filter((row, index) => effectAtEnd(row, index, standing)?.kind === 'error').length;
  const counts = {
    requestCount: job.rows.length,
    pendingRequestCount: job.rows.length - done.length,
    successfulRequestCount: done.length - failed,
    failedRequestCount: failed,
  };
  return Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [[name, String(count)]] : [])),
  );
}
