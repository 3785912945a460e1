import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { worstCaseUsd } from '../../src/batch/cost.ts';
import { planOutputs } from '../../src/batch/plan.ts';
import { isEnd } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { getJson } from '../../src/store/json.ts';
import { listJobs } from '../support/jobs.ts';
import { samples } from '../support/samples.ts';
import { pick, seeded } from '../support/seeded.ts';
import { createSkippedWorld, type SkippedWorld } from '../support/skipped-world.ts';
import { buildManifest, item } from './activities-kit.ts';

const SEED = 20261128;
const HOUR = 3_600_000;
const DAYS = 3;
const COUNT = samples(6, 60);
const MANIFEST = buildManifest([item('a'), item('b')]);
/** The worst case of one round with all outputs, USD. */
const ROUND = worstCaseUsd(MANIFEST, planOutputs(MANIFEST)) ?? Number.NaN;
/** What one image costs at least, USD. */
const IMAGE = 0.067;

/** A batch, its budget and the faults of its submissions. */
interface Trial {
  id: string;
  maxCostUsd: number;
  faults: Fault[];
  random: () => number;
}

/** Answers of the POST that say nothing of the job, and those that say that there is none. */
const AT_CREATE: readonly object[] = [
  { fault: 'create.answer-lost' },
  { fault: 'create.cut' },
  { fault: 'create.html' },
  { fault: 'create.garbage' },
  { fault: 'create.refuse', status: 'UNAVAILABLE' },
  { fault: 'create.refuse', status: 'INTERNAL' },
  { fault: 'create.refuse', status: 'RESOURCE_EXHAUSTED' },
];

function drawTrial(number: number): Trial {
  const random = seeded(SEED + number);
  const id = `blind-${number}`;
  const match = { name: `^hb/${id}/` };
  const lost = Array.from({ length: 1 + Math.floor(random() * 9) }, () => ({
    ...pick(random, AT_CREATE),
    times: 1,
    match,
  }));
  // From seconds to longer than the trial takes: LIST is blind.
  const afterMs = Math.floor(10 ** (3 + random() * 6));
  const faults = [
    ...lost,
    { fault: 'job.unlisted', afterMs, match },
    { fault: 'line.error', code: 13, probability: 0.4, match },
    ...(random() < 0.3 ? [{ fault: 'job.failed', code: 8, times: 1, match }] : []),
  ] as Fault[];
  return { id, maxCostUsd: ROUND * (1 + random() * 3), faults, random };
}

describe(`${COUNT} batches with a budget, over days with lost answers and a blind LIST`, () => {
  const trials = Array.from({ length: COUNT }, (_, number) => drawTrial(number));
  let world: SkippedWorld;
  beforeAll(async () => {
    const refused: Fault = { fault: 'list.refuse', status: 'UNAVAILABLE', probability: 0.1 };
    const faults = { seed: SEED, faults: [...trials.flatMap((trial) => trial.faults), refused] };
    world = await createSkippedWorld({ jobSeconds: 360, faults }, ({ deps, run }) => run(deps));
  });
  afterAll(() => world.close());

  /** The worst case of the permits, except refused ones and those whose jobs failed: read from the store. */
  async function sumPermits(id: string): Promise<number[]> {
    const keys = await world.store.list(batchPlaces(id).rounds);
    const permits = keys.filter((key) => /\/permits\/\d+\.json$/.test(key));
    const worst = permits.map(async (key) => {
      const answer = await getJson<object>(world.store, key.replace('.json', '.answer.json'));
      if (keys.includes(key.replace('.json', '.no-result.json'))) return 0;
      const permit = await getJson<{ worstUsd: number }>(world.store, key);
      return answer && 'refused' in answer ? 0 : (permit?.worstUsd ?? Number.NaN);
    });
    return Promise.all(worst);
  }

  test.each(trials)('$id never costs more than $maxCostUsd USD', async ({ id, maxCostUsd, random }) => {
    const options = { maxCostUsd, maxRounds: 2, checkIntervalMs: 240_000 };
    await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId: id, options });
    const batch = world.hummingbatch.batch(id);
    for (let hour = 0; hour < DAYS * 24; hour++) {
      const { state, costUsd, stop } = await batch.status();
      expect(costUsd.actual + (costUsd.reserved ?? 0)).toBeLessThanOrEqual(maxCostUsd + 1e-6);
      if (isEnd(state)) break;
      if (stop && random() < 0.2) await batch.retry();
      await world.sleep(HOUR);
    }
    const jobs = listJobs((await world.emulator.ledger()).jobs, id);
    const billed = jobs.reduce((sum, { imagesBilled }) => sum + imagesBilled, 0);
    expect(billed * IMAGE).toBeLessThanOrEqual(maxCostUsd);
    const { state, outputs } = await batch.status();
    // A batch whose answers are all unknown has spent its budget on permits alone.
    if (!isEnd(state) && outputs.image === 0)
      expect((await sumPermits(id)).reduce((sum, usd) => sum + usd, 0)).toBeLessThanOrEqual(
        maxCostUsd + 1e-6,
      );
    if (!isEnd(state)) await batch.cancel();
  });
});
