import { countByRatio, countFlags, countOutcomes, summariseRounds } from '../batch/counts.ts';
import { buildFailedManifest } from '../batch/failed-manifest.ts';
import { findModel } from '../batch/models.ts';
import { roundUsd, sumUsd } from '../batch/money.ts';
import { settle } from '../batch/settle.ts';
import type { BatchResult, EndState, Manifest, OutputCounts, Report } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson, toJson, toJsonLines } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readBatchFiles, saveOptions } from './batch-files.ts';
import { listBatchJobs } from './batch-jobs.ts';
import type { ActivityDeps } from './deps.ts';
import { renderReportPage } from './report-page.ts';
import { readReserves } from './reserves.ts';
import { type CollectedMark, findLastRound, readAnswers, sumStrayUsd } from './standing.ts';
import type { ReportInput } from './types.ts';

/** The most anomalies that a report lists; a last line counts the others. */
const MAX_ANOMALIES = 200;

/**
 * Writes the results of the batch: one record for each output, a manifest of the outputs without an image, the HTML
 * page, and the report. `report.json` is written last: where it exists, all other files do.
 *
 * @throws `store-corrupt` and other store errors
 */
export async function report(deps: ActivityDeps, input: ReportInput): Promise<BatchResult> {
  const { store, now } = deps;
  const { batchId } = input;
  const places = batchPlaces(batchId);
  const { manifest, plan } = await readBatchFiles(store, batchId);
  const rounds = await findLastRound(store, batchId);
  const answers = await readAnswers(store, batchId, rounds);
  const records = settle(plan, answers, manifest);
  const outputs = countOutcomes(records);
  const strayUsd = await sumStrayUsd(store, batchId, rounds);
  const actual = sumUsd([...records.map(({ costUsd }) => costUsd), strayUsd]);
  const { reservedUsd } = await readReserves(store, batchId);
  const estimated = input.estimatedUsd ?? 0;
  const { labels = [], maxCostUsd } = input.options;

  const summary: Report = {
    batchId,
    name: manifest.name,
    model: manifest.model,
    ...(labels.length > 0 && { labels }),
    state: chooseEndState(input, outputs),
    outputs,
    flags: countFlags(records),
    byRatio: countByRatio(records, manifest),
    rounds: summariseRounds(answers),
    jobs: await listBatchJobs(store, batchId, rounds, input.jobs),
    costUsd: {
      estimated,
      actual,
      ...(reservedUsd > 0 && { reserved: reservedUsd }),
      difference: roundUsd(actual - estimated),
    },
    ...(maxCostUsd !== undefined && { maxCostUsd }),
    startedAt: new Date(input.startedAt).toISOString(),
    endedAt: new Date(now()).toISOString(),
    anomalies: limitAnomalies([
      ...unknownPriceNote(manifest),
      ...input.notes,
      ...(await readAnomalies(store, batchId, rounds)),
    ]),
    ...(input.retryId && { retryId: input.retryId }),
  };
  await saveOptions(store, batchId, input.options);
  await store.put(places.results, toJsonLines(records));
  await writeFailed(store, places.failed, buildFailedManifest(manifest, records, batchId));
  await store.put(places.page, renderReportPage(summary, records));
  await store.put(places.report, toJson(summary));
  return toBatchResult(summary);
}

function chooseEndState({ state }: ReportInput, outputs: OutputCounts): EndState {
  if (state === 'cancelled') return 'CANCELLED';
  return outputs.image === outputs.total ? 'COMPLETED' : 'COMPLETED_WITH_FAILURES';
}

/** A cost of 0 that means "unknown" must not look like "free". */
function unknownPriceNote({ model }: Manifest): string[] {
  if (findModel(model)) return [];
  return [`hummingbatch has no price for ${model}: the costs in this report are 0, and Google bills more.`];
}

/** A batch without failures has no failed.json; one from an earlier report is deleted. */
async function writeFailed(store: Store, place: string, failed: unknown): Promise<void> {
  if (failed === undefined) await store.delete(place);
  else await store.put(place, toJson(failed));
}

async function readAnomalies(store: Store, batchId: string, rounds: number): Promise<string[]> {
  const found: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
    found.push(...(mark?.anomalies ?? []).map((anomaly) => `round ${round}: ${anomaly}`));
  }
  return found;
}

function limitAnomalies(anomalies: string[]): string[] {
  const omitted = anomalies.length - MAX_ANOMALIES;
  return omitted > 0 ? [...anomalies.slice(0, MAX_ANOMALIES), `and ${omitted} more`] : anomalies;
}

/** The part of a report that the workflow returns. */
export function toBatchResult({ batchId, state, outputs, rounds, jobs, costUsd }: Report): BatchResult {
  const { difference: _, ...cost } = costUsd;
  return {
    batchId,
    state,
    outputs,
    rounds: rounds.length,
    jobs: jobs.map(({ name }) => name),
    costUsd: cost,
  };
}
