import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode, Manifest, Step } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { type BatchIn, batchIn, namesOf, submissionOf } from '../support/batch-in.ts';
import { createWorld, type World } from '../support/world.ts';
import { picture } from './activities-kit.ts';
import { wireClient } from './emulator-kit.ts';

const REFERENCE = await picture(7);
const HOUR = 3_600_000;
/** Of a reference and of a request file. */
const UPLOADS = 2;

/** A manifest of one item with a reference; answers with its path. */
function writeManifest(world: World): Promise<string> {
  return world.manifest(
    {
      name: 'stopping',
      model: 'nano-banana-pro',
      references: { bottle: 'bottle.png' },
      items: [{ key: 'a', prompt: 'The bottle', references: ['bottle'], count: 2 }],
    },
    { 'bottle.png': REFERENCE },
  );
}

async function expectWhole(batch: BatchIn, submission: string): Promise<void> {
  expect(await batch.ended()).toMatchObject({ state: 'COMPLETED', outputs: { image: 2 } });
  expect((await batch.jobs()).map(submissionOf)).toEqual([submission]);
}

interface Case {
  id: string;
  fault: Fault;
  stop: { step: Step; code: ErrorCode };
  /** The command that the stop names. */
  command: 'retry' | 'accept';
  /** The submission that makes the one job. */
  job: string;
}

const DENIED = { status: 'PERMISSION_DENIED', times: 1 } as const;

const CASES: Case[] = [
  {
    id: 'denied-upload',
    fault: { fault: 'upload-start.refuse', ...DENIED },
    stop: { step: 'stage', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.1',
  },
  {
    id: 'denied-create',
    fault: { fault: 'create.refuse', ...DENIED, message: 'Your API key was reported as leaked.' },
    stop: { step: 'submit', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.2',
  },
  {
    id: 'denied-get',
    fault: { fault: 'get.refuse', ...DENIED },
    stop: { step: 'wait', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.1',
  },
  {
    id: 'denied-download',
    fault: { fault: 'download.refuse', ...DENIED },
    stop: { step: 'collect', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.1',
  },
  {
    id: 'no-billing',
    fault: { fault: 'create.refuse', status: 'FAILED_PRECONDITION', times: 1 },
    stop: { step: 'submit', code: 'billing-required' },
    command: 'retry',
    job: 'r1.2',
  },
  {
    id: 'rejected',
    fault: { fault: 'create.refuse', status: 'INVALID_ARGUMENT', times: 1 },
    stop: { step: 'submit', code: 'request-rejected' },
    command: 'retry',
    job: 'r1.2',
  },
  {
    id: 'model-gone',
    fault: { fault: 'create.refuse', status: 'NOT_FOUND', message: 'models/x is not found.', times: 1 },
    stop: { step: 'submit', code: 'model-gone' },
    command: 'accept',
    job: 'r1.2',
  },
];

const FULL = { fault: 'create.refuse', status: 'RESOURCE_EXHAUSTED' } as const;
/** What Google asks a submission to wait, in both its ways: more than the minute that it is at least. */
const QUOTAS = [
  { id: 'quota-info', fault: { ...FULL, retryDelay: '95s' }, ms: 95_000 },
  { id: 'quota-header', fault: { ...FULL, retryAfter: 100 }, ms: 100_000 },
];

const OTHERS: Fault[] = [
  { fault: 'create.refuse', status: 'NOT_FOUND', message: 'models/x is not found.', ...at('given-up') },
  { fault: 'create.refuse', ...DENIED, ...at('stood-long') },
  // Fresh at first: a file must have 24 of its 48 hours left.
  { fault: 'file.expires', afterMs: 24 * HOUR + 2_000, times: UPLOADS, ...at('stood-long') },
  { fault: 'create.refuse', ...DENIED, ...at('file-deleted') },
];

function at(id: string) {
  return { match: { name: namesOf(id) } };
}

describe.concurrent('what Google refuses', () => {
  let world: World;

  beforeAll(async () => {
    const named = [...CASES, ...QUOTAS].map(({ id, fault }): Fault => ({ ...fault, ...at(id) }));
    world = await createWorld({ faults: { faults: [...named, ...OTHERS] } });
    await world.work();
    const path = await writeManifest(world);
    const ids = [...CASES, ...QUOTAS].map(({ id }) => id);
    for (const batchId of [...ids, 'given-up', 'stood-long', 'file-deleted'])
      await world.hummingbatch.startManifest(path, { batchId });
  });
  afterAll(() => world.close());

  test('a request file that was deleted at Google early is uploaded again by itself, and is no matter of keys', async () => {
    const batch = batchIn(world, 'file-deleted');
    await batch.stopped('permission-denied');
    const requests = (await batch.uploads()).find(({ mimeType }) => mimeType !== 'image/png');
    const { status } = await wireClient(world.emulator.url).call('DELETE', `/v1beta/${requests?.name}`);
    expect(status).toBe(200);
    await batch.retry();
    await expectWhole(batch, 'r1.3');
    expect(sorted(await batch.uploads())).toEqual(['png', 'png', 'requests', 'requests']);
  });

  test.each(CASES)(
    '$id stops at $stop.step as $stop.code; a retry goes on from there and uploads nothing again',
    async (row) => {
      const batch = batchIn(world, row.id);
      const stop = await batch.stopped();
      expect(stop).toMatchObject(row.stop);
      expect(stop.message).toMatch(/^Google answered 4\d\d [A-Z_]+ to the [a-z ]+: .+/);
      expect(stop.fix).toContain(`\`hummingbatch ${row.command} ${row.id}\``);
      await batch.retry();
      await expectWhole(batch, row.job);
      expect(await batch.uploads()).toHaveLength(UPLOADS);
    },
  );

  test('a model that is gone for good: `accept` ends the batch, and what it wanted is a manifest again', async () => {
    const batch = batchIn(world, 'given-up');
    await batch.stopped('model-gone');
    await batch.handle.accept();
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES', outputs: { missing: 2 } });
    expect(await batch.jobs()).toEqual([]);
    const failed = await world.store.get(batchPlaces('given-up').failed);
    const { items, parent } = JSON.parse(Buffer.from(failed ?? []).toString()) as Manifest;
    expect([parent, items.map(({ key, count }) => [key, count])]).toEqual(['given-up', [['a', 2]]]);
  });

  test.each(QUOTAS)(
    'a full quota ($id) is no stop: the batch waits as long as Google asks, and says so',
    async ({ id, ms }) => {
      const batch = batchIn(world, id);
      const { state, stop, quota } = await batch.until(({ quota }) => quota !== undefined);
      expect([state, stop]).toEqual(['SUBMITTING', undefined]);
      expect(Date.parse(quota?.nextTry ?? '') - Date.parse(quota?.since ?? '')).toBe(ms);
      await batch.handle.cancel();
      expect(await batch.ended()).toMatchObject({ state: 'CANCELLED', jobs: [] });
      expect(await batch.jobs()).toEqual([]);
    },
  );

  test('files that grew old while it stood are uploaded again before the job is made', async () => {
    const batch = batchIn(world, 'stood-long');
    await batch.stopped('permission-denied');
    await batch.until(
      async () => (await batch.uploads()).length === UPLOADS && (await isOld(world, batch.id)),
    );
    await batch.retry();
    await expectWhole(batch, 'r1.2');
    expect(sorted(await batch.uploads())).toEqual(['png', 'png', 'requests', 'requests']);
  });
});

/** Whether what was uploaded has less than its 24 hours left. */
async function isOld(world: World, batchId: string): Promise<boolean> {
  const staged = await world.store.get(batchPlaces(batchId).round(1).staged);
  const { expiresAt } = JSON.parse(Buffer.from(staged ?? []).toString()) as { expiresAt: number };
  return expiresAt - Date.now() < 24 * HOUR;
}

function sorted(uploads: Awaited<ReturnType<BatchIn['uploads']>>): string[] {
  return uploads.map(({ mimeType }) => (mimeType === 'image/png' ? 'png' : 'requests')).sort();
}

describe('a key that is revoked while batches run', () => {
  const keys = ['test-key'];
  let world: World;
  let stopWorker: () => Promise<void>;
  let stops: Record<string, string>;

  /** Whether the submission is between its look at LIST and its POST. */
  const isLookedFor = async () => ((await world.emulator.ledger()).requests['batches.list'] ?? 0) > 1;

  beforeAll(async () => {
    const slow: Fault = { fault: 'list.answer-slow', ms: 1_500 };
    world = await createWorld({ keys, jobSeconds: 4, faults: { faults: [slow] } });
    stopWorker = await world.work();
    const path = await writeManifest(world);
    const start = async (batchId: string, options = {}) => {
      await world.hummingbatch.startManifest(path, { batchId, options });
      return batchIn(world, batchId);
    };
    const waits = await start('waits');
    await waits.until(({ check }) => check !== undefined);
    const stages = await start('stages', { approveAboveUsd: 0 });
    await stages.until(({ state }) => state === 'AWAITING_APPROVAL');
    const submits = await start('submits');
    await submits.until(isLookedFor);
    keys.length = 0;
    await stages.handle.approve();
    const batches = [stages, submits, waits];
    const stopped = batches.map(async (batch) => {
      const { step, code } = await batch.stopped();
      return [batch.id, `${step}: ${code}`] as const;
    });
    stops = Object.fromEntries(await Promise.all(stopped));
  });
  afterAll(() => world.close());

  test('stops each where it stands', () => {
    expect(stops).toEqual({
      stages: 'stage: key-invalid',
      submits: 'submit: key-invalid',
      waits: 'wait: key-invalid',
    });
  });

  test('costs nothing: with a worker that has the new key a retry goes on, to the one job of each', async () => {
    await stopWorker();
    keys.push('new-key');
    await world.work({ gemini: createGemini({ baseUrl: world.emulator.url, apiKey: 'new-key' }) });
    const batches = Object.keys(stops).map((id) => batchIn(world, id));
    await Promise.all(batches.map((batch) => batch.retry()));
    for (const batch of batches) {
      await expectWhole(batch, batch.id === 'submits' ? 'r1.2' : 'r1.1');
      expect(await batch.uploads()).toHaveLength(UPLOADS);
    }
  });
});
