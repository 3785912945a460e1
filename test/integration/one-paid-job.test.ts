import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, JobEntry } from '../../src/emulator/index.ts';
import { pick, seeded } from '../support/seeded.ts';
import { createWorld, type World } from '../support/world.ts';

const TRIALS = 60;
const SEED = 20261123;
/** Started together; more only wait for the two cores. */
const AT_ONCE = 20;
/** So long that what the steps themselves take on a busy machine is no substitute for waiting. */
const WINDOW_MS = 10_000;

/** What can go wrong around the one POST of a submission. */
const AT_CREATE: readonly ((name: string) => Fault)[] = [
  (name) => ({ fault: 'create.answer-lost', times: 1, match: { name } }),
  (name) => ({ fault: 'create.cut', times: 1, match: { name } }),
  (name) => ({ fault: 'create.refuse', status: 'UNAVAILABLE', times: 1, match: { name } }),
  (name) => ({ fault: 'create.refuse', status: 'INTERNAL', times: 1, match: { name } }),
  (name) => ({ fault: 'create.html', times: 1, match: { name } }),
  (name) => ({ fault: 'create.garbage', times: 1, match: { name } }),
  (name) => ({ fault: 'create.answer-slow', ms: 300, times: 1, match: { name } }),
];

function faultsOf(trial: number): Fault[] {
  const random = seeded(SEED + trial);
  const name = `^hb/trial-${trial}/`;
  const unlisted: Fault = {
    fault: 'job.unlisted',
    afterMs: Math.floor(WINDOW_MS * (0.6 + random() * 0.35)),
    match: { name },
  };
  const create = Array.from({ length: 1 + Math.floor(random() * 2) }, () => pick(random, AT_CREATE)(name));
  return [...create, ...(random() < 0.6 ? [unlisted] : [])];
}

describe(`${TRIALS} submissions whose answers are lost, refused by gateways, or slow, with jobs that LIST shows late`, () => {
  let world: World;
  let jobs: JobEntry[];

  beforeAll(async () => {
    const trials = Array.from({ length: TRIALS }, (_, trial) => trial);
    const lists: Fault[] = [{ fault: 'list.refuse', status: 'UNAVAILABLE', probability: 0.02 }];
    const faults = { seed: SEED, faults: [...trials.flatMap(faultsOf), ...lists] };
    world = await createWorld({ jobSeconds: 0.5, faults });
    await world.work();
    const path = await world.manifest({
      name: 'trial',
      model: 'nano-banana-pro',
      items: [{ key: 'a', prompt: 'A bottle' }],
    });
    const options = { submitWindowMs: WINDOW_MS, maxRounds: 1 };
    for (let from = 0; from < TRIALS; from += AT_ONCE) {
      const some = trials.slice(from, from + AT_ONCE).map(async (trial) => {
        const { batchId } = await world.hummingbatch.startManifest(path, {
          batchId: `trial-${trial}`,
          options,
        });
        const { state } = await world.hummingbatch.batch(batchId).wait();
        expect(state, `trial ${trial}`).toBe('COMPLETED');
      });
      await Promise.all(some);
    }
    ({ jobs } = await world.emulator.ledger());
  }, 300_000);
  afterAll(() => world.close());

  test('each end with their image, and with one job that was paid for', () => {
    const byRound = byRoundOf(jobs);
    expect(byRound.size).toBe(TRIALS);
    const twice = [...byRound].filter(
      ([, ofRound]) => ofRound.filter(({ cancelled }) => !cancelled).length !== 1,
    );
    expect(twice).toEqual([]);
  });

  test('did meet the faults, so that this says something', async () => {
    const { faults } = await world.emulator.ledger();
    for (const name of [
      'create.answer-lost',
      'create.cut',
      'create.refuse',
      'create.html',
      'create.garbage',
      'job.unlisted',
    ] as const) {
      expect(faults[name], name).toBeGreaterThan(2);
    }
  });
});

/** `hb/<batch>/<nonce>/r<round>` without the submission. */
function roundOf({ displayName = '' }: JobEntry): string {
  return displayName.replace(/\.\d+$/, '');
}

function byRoundOf(jobs: readonly JobEntry[]): Map<string, JobEntry[]> {
  const groups = new Map<string, JobEntry[]>();
  for (const job of jobs) groups.set(roundOf(job), [...(groups.get(roundOf(job)) ?? []), job]);
  return groups;
}
