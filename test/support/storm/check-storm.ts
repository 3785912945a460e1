import type { BatchProgress, OutputRecord, Report } from '../../../src/contract/index.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import type { Ledger } from '../../../src/emulator/index.ts';
import { computeSha256 } from '../../../src/manifest/sha256.ts';
import { getJson } from '../../../src/store/json.ts';
import { readRecords } from '../../../src/store/records.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Storm } from './storm.ts';

/** What one image costs at least, USD. */
const IMAGE_USD = 0.067;

export interface StormResults {
  store: Store;
  storm: Storm;
  progress: BatchProgress;
  ledger: Ledger;
  maxCostUsd: number;
}

/** Lists what a batch promises whatever happens to it, and did not keep. */
export async function checkStorm({
  store,
  storm,
  progress,
  ledger,
  maxCostUsd,
}: StormResults): Promise<string[]> {
  const { batchId, state } = progress;
  const places = batchPlaces(batchId);
  const report = await getJson<Report>(store, places.report);
  const records: OutputRecord[] = [];
  for await (const record of readRecords(store, batchId)) records.push(record);
  const billed = ledger.jobs.reduce((sum, { imagesBilled }) => sum + imagesBilled, 0);
  const unreported = ledger.jobs.filter(
    ({ name, imagesBilled }) => imagesBilled > 0 && !report?.jobs.some((job) => job.name === name),
  );
  const running = ledger.jobs.filter(({ state }) => state === 'PENDING' || state === 'RUNNING');
  return [
    ...(state === 'FAILED' ? [`it has failed: ${progress.stop?.message}`] : []),
    ...(state === 'CANCELLED' && !storm.cancelled ? ['nobody cancelled it'] : []),
    ...(billed * IMAGE_USD > maxCostUsd ? [`${billed} images were billed, above ${maxCostUsd} USD`] : []),
    ...unreported.map(({ name, displayName }) => `${displayName} (${name}) is billed and not reported`),
    ...running.map(({ displayName }) => `${displayName} was left running`),
    ...(await findBroken(store, batchId, records)),
  ];
}

async function findBroken(store: Store, batchId: string, records: OutputRecord[]): Promise<string[]> {
  const places = batchPlaces(batchId);
  const broken = records.map(async ({ output, file, sha256 }) => {
    if (file === undefined) return [];
    const bytes = await store.get(places.file(file));
    return bytes && computeSha256(bytes) === sha256
      ? []
      : [`the image of ${output} is not that of its record`];
  });
  return (await Promise.all(broken)).flat();
}
