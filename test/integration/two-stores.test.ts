import { msNumberToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHummingbatch } from '../../src/client/index.ts';
import type { BatchOptions, Report } from '../../src/contract/index.ts';
import type { Fault, JobEntry } from '../../src/emulator/index.ts';
import { openStore } from '../../src/store/open.ts';
import { pick, seeded } from '../support/seeded.ts';
import { listRunning, namePrefix, openTestBatch, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const SEED = 20261124;
const BATCHES = 8;
const OUTPUTS = 2;
const MANIFEST = buildManifest([item('a', { count: OUTPUTS })]);
const IDS = Array.from({ length: BATCHES }, (_, n) => `twin-${n}`);
/** As in `one-paid-job.test.ts`: much longer than the steps, so that only waiting finds a late job. */
const OPTIONS: Partial<BatchOptions> = { submitWindowMs: 6_000, maxRounds: 1 };

/** The first POST of one store or of both gets no answer, and LIST shows the jobs late. */
const FAULTS = IDS.flatMap((id, n): Fault[] => {
  const random = seeded(SEED + n);
  const match = { name: namePrefix(id) };
  return [
    {
      fault: pick(random, ['create.answer-lost', 'create.garbage'] as const),
      times: pick(random, [1, 2]),
      match,
    },
    { fault: 'job.unlisted', afterMs: 1_000 + Math.floor(random() * 4_000), match },
  ];
});

const ENDLESS: Fault = { fault: 'job.stuck', state: 'RUNNING', match: { name: namePrefix('twin-parted') } };

describe(`two stores with the same ${BATCHES} batches under one project (seed ${SEED})`, () => {
  let one: World;
  let other: World;

  /** A separate namespace: in one namespace, the same id would be the same workflow. */
  async function otherNamespace(): Promise<string> {
    const namespace = `other-${one.store.id}`;
    const day = msNumberToTs(86_400_000);
    await one.client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
    return namespace;
  }

  const makePair = (id: string) => [openTestBatch(one, id), openTestBatch(other, id)] as const;
  const startBoth = (batchId: string) =>
    Promise.all(
      [one, other].map(({ hummingbatch }) =>
        hummingbatch.startNormalised({ manifest: MANIFEST, batchId, options: OPTIONS }),
      ),
    );

  beforeAll(async () => {
    one = await createWorld({ faults: { seed: SEED, faults: [...FAULTS, ENDLESS] }, jobSeconds: 2 });
    other = await createWorld({ emulator: one.emulator, namespace: await otherNamespace() });
    await one.work();
    await other.work({ searchAttributes: async () => [] });
    await Promise.all(IDS.map(startBoth));
  });
  afterAll(async () => {
    await other.close();
    await one.close();
  });

  test('complete all batches, each with its own job; none is paid twice or cancelled by the other store', async () => {
    const ends = await Promise.all(IDS.flatMap(makePair).map((batch) => batch.ended()));
    for (const { batchId, state, outputs } of ends)
      expect([batchId, state, outputs.image]).toEqual([batchId, 'COMPLETED', OUTPUTS]);

    const { jobs, answersLost } = await one.emulator.ledger();
    expect(answersLost).toBeGreaterThan(0);
    for (const id of IDS) {
      const [first, second] = await Promise.all(makePair(id).map((batch) => readJobs(batch, jobs)));
      expect([id, first?.nonces.size, second?.nonces.size]).toEqual([id, 1, 1]);
      expect(first?.nonces).not.toEqual(second?.nonces);
      // Each store has exactly one remaining job: no job at Google belongs to both or to neither.
      const whole = jobs.filter(
        ({ displayName, cancelled }) => displayName?.startsWith(`hb/${id}/`) && !cancelled,
      );
      expect(whole.map(parseNonce).sort()).toEqual(
        [...(first?.nonces ?? []), ...(second?.nonces ?? [])].sort(),
      );
    }
  });

  test('do not affect each other when one batch is cancelled', async () => {
    const [first, second] = makePair('twin-parted');
    await startBoth('twin-parted');
    for (const batch of [first, second]) await batch.until(({ check }) => check !== undefined);
    await first.handle.cancel();
    expect(await first.ended()).toMatchObject({ state: 'CANCELLED' });
    const { job } = await second.handle.status();
    expect(listRunning(await first.jobs()).map(({ name }) => name)).toEqual([job]);
    await second.handle.cancel();
    await second.ended();
    expect(listRunning(await second.jobs())).toEqual([]);
  });

  test('are distinguished on one Temporal server: a batch of the other store is refused, not attached to', async () => {
    const [id = ''] = IDS;
    const { location } = other.store;
    const guest = createHummingbatch({ store: await openStore(location), client: one.client });
    await expect(
      guest.startNormalised({ manifest: MANIFEST, batchId: id, options: OPTIONS }),
    ).rejects.toMatchObject({
      code: 'batch-conflict',
      message: expect.stringContaining('for another store'),
    });
    const again = await one.hummingbatch.startNormalised({
      manifest: MANIFEST,
      batchId: id,
      options: OPTIONS,
    });
    expect(again.attached).toBe(true);
  });
});

/** The nonces of all jobs that a batch treats as its own. */
async function readJobs(batch: TestBatch, all: readonly JobEntry[]): Promise<{ nonces: Set<string> }> {
  const report: Report = await batch.report();
  const records = await batch.records();
  const own = [...report.jobs.map(({ name }) => name), ...records.map(({ job }) => job)];
  return { nonces: new Set(all.filter(({ name }) => own.includes(name)).map(parseNonce)) };
}

/** The nonce in `hb/<batch>/<nonce>/r1.1`. */
function parseNonce({ displayName = '' }: JobEntry): string {
  return displayName.split('/')[2] ?? '';
}
