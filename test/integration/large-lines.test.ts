import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { OutputRecord } from '../../src/contract/index.ts';
import { getJsonLines } from '../../src/store/json.ts';
import { buildManifest, computeSha256, item, newWorker, places } from './activities-kit.ts';
import { runSteps } from './line-faults-run.ts';

const LINE = 40_000_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory in use, bytes. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('collecting keeps the images of 40 MB lines, and the sixth line uses no more memory than the first', async () => {
  const worker = await newWorker({ faults: { faults: [{ fault: 'line.large', bytes: LINE }] } });
  const { store } = worker;
  // The steps read it from the object that the worker was created with.
  const putAll = store.putAll.bind(store);
  const samples: number[] = [];
  store.putAll = async (entries) => {
    if (entries.length > 0) samples.push(inUse());
    await putAll(entries);
  };
  await runSteps(worker, buildManifest([item('a', { count: 6 })]));

  const records = (await getJsonLines<OutputRecord>(store, places.results)) ?? [];
  expect(records.map(({ outcome, flags }) => [outcome, flags])).toEqual(records.map(() => ['image', []]));
  expect(records).toHaveLength(6);
  for (const { file = '', bytes, sha256 } of records) {
    const kept = (await store.get(places.file(file))) ?? new Uint8Array();
    expect(kept.byteLength).toBeGreaterThan(LINE * 0.7);
    expect([kept.byteLength, computeSha256(kept)]).toEqual([bytes, sha256]);
  }
  expect(samples).toHaveLength(6);
  // The previous line, as text and as bytes, and its image may still be in memory: 110 MB. Five retained images would be 150 MB
  // more than the first, beside those.
  expect(samples[5]).toBeLessThan((samples[0] ?? 0) + 140e6);
});
