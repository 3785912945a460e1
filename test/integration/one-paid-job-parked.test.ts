import { beforeAll, describe, expect, test } from 'vitest';
import { isEnd } from '../../src/contract/index.ts';
import { listJobs } from '../support/jobs.ts';
import { samples } from '../support/samples.ts';
import type { SkippedWorld } from '../support/skipped-world.ts';
import { AT_CREATE, type Outcome, runTrials } from './submission-trials.ts';

const MINUTE = 60_000;
const stopped = new Set<string>();

/** Acts as an operator who looks for the job at Google, adopts it if it exists, and retries otherwise. */
async function adoptOrRetry({ hummingbatch, emulator, sleep }: SkippedWorld, id: string): Promise<void> {
  const batch = hummingbatch.batch(id);
  for (;;) {
    const { state, stop } = await batch.status();
    if (isEnd(state)) return;
    if (stop && stop.code !== 'submission-unknown') throw new Error(`${id} stopped: ${stop.message}`);
    if (stop) {
      stopped.add(id);
      const [job] = listJobs((await emulator.ledger()).jobs, id);
      await batch.adopt(job?.name ?? 'none');
    }
    await sleep(MINUTE);
  }
}

const COUNT = samples(10, 90);

describe(`${COUNT} submissions that only an operator may repeat`, () => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    ({ outcomes } = await runTrials({
      kind: 'parked',
      count: COUNT,
      atCreate: AT_CREATE,
      unlisted: { least: 20_000, most: 540_000 },
      jobSeconds: 360,
      options: { onUnknownSubmit: 'park' },
      attend: adoptOrRetry,
    }));
  }, 300_000);

  test('never create a second job', () => {
    expect(outcomes.filter(({ jobs }) => jobs.length !== 1)).toEqual([]);
  });

  test('really stopped for an operator', () => {
    expect(stopped.size).toBeGreaterThan(samples(1, 20));
  });
});
