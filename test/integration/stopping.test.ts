import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode, Manifest, Step } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { namePrefix, openTestBatch, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { wireClient } from './emulator-kit.ts';
import { expectWhole, UPLOADS, writeManifest } from './stopping-kit.ts';

const HOUR = 3_600_000;

interface Case {
  id: string;
  fault: Fault;
  stop: { step: Step; code: ErrorCode };
  /** The command in the fix of the stop. */
  command: 'retry' | 'accept';
  /** The submission that creates the one job. */
  job: string;
}

const DENIED = { status: 'PERMISSION_DENIED', times: 1 } as const;

const CASES: Case[] = [
  {
    id: 'stop-denied-upload',
    fault: { fault: 'upload-start.refuse', ...DENIED },
    stop: { step: 'stage', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.1',
  },
  {
    id: 'stop-denied-create',
    fault: { fault: 'create.refuse', ...DENIED, message: 'Your API key was reported as leaked.' },
    stop: { step: 'submit', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.2',
  },
  {
    id: 'stop-denied-get',
    fault: { fault: 'get.refuse', ...DENIED },
    stop: { step: 'wait', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.1',
  },
  {
    id: 'stop-denied-download',
    fault: { fault: 'download.refuse', ...DENIED },
    stop: { step: 'collect', code: 'permission-denied' },
    command: 'retry',
    job: 'r1.1',
  },
  {
    id: 'stop-no-billing',
    fault: { fault: 'create.refuse', status: 'FAILED_PRECONDITION', times: 1 },
    stop: { step: 'submit', code: 'billing-required' },
    command: 'retry',
    job: 'r1.2',
  },
  {
    id: 'stop-rejected',
    fault: { fault: 'create.refuse', status: 'INVALID_ARGUMENT', times: 1 },
    stop: { step: 'submit', code: 'request-rejected' },
    command: 'retry',
    job: 'r1.2',
  },
  {
    id: 'stop-model-gone',
    fault: { fault: 'create.refuse', status: 'NOT_FOUND', message: 'models/x is not found.', times: 1 },
    stop: { step: 'submit', code: 'model-gone' },
    command: 'accept',
    job: 'r1.2',
  },
];

const FULL = { fault: 'create.refuse', status: 'RESOURCE_EXHAUSTED' } as const;
/** The wait that Google requests, in both of its forms; each is longer than the minimum of one minute. */
const QUOTAS = [
  { id: 'stop-quota-info', fault: { ...FULL, retryDelay: '95s' }, ms: 95_000 },
  { id: 'stop-quota-header', fault: { ...FULL, retryAfter: 100 }, ms: 100_000 },
];

const OTHERS: Fault[] = [
  {
    fault: 'create.refuse',
    status: 'NOT_FOUND',
    message: 'models/x is not found.',
    ...matchBatch('stop-given-up'),
  },
  { fault: 'create.refuse', ...DENIED, ...matchBatch('stop-stood-long') },
  // The files are new at first: a file must have 24 of its 48 hours left.
  { fault: 'file.expires', afterMs: 24 * HOUR + 2_000, times: UPLOADS, ...matchBatch('stop-stood-long') },
  { fault: 'create.refuse', ...DENIED, ...matchBatch('stop-file-deleted') },
];

function matchBatch(id: string) {
  return { match: { name: namePrefix(id) } };
}

describe.concurrent('a batch that Google refuses', () => {
  let world: World;

  beforeAll(async () => {
    const named = [...CASES, ...QUOTAS].map(({ id, fault }): Fault => ({ ...fault, ...matchBatch(id) }));
    world = await createWorld({ faults: { faults: [...named, ...OTHERS] } });
    await world.work();
    const path = await writeManifest(world);
    const ids = [...CASES, ...QUOTAS].map(({ id }) => id);
    for (const batchId of [...ids, 'stop-given-up', 'stop-stood-long', 'stop-file-deleted'])
      await world.hummingbatch.startBatch({ manifest: path, batchId });
  });
  afterAll(() => world.close());

  test('uploads a request file again automatically if it was deleted at Google', async () => {
    const batch = openTestBatch(world, 'stop-file-deleted');
    await batch.stopped('permission-denied');
    const requests = (await batch.uploads()).find(({ mimeType }) => mimeType !== 'image/png');
    const { status } = await wireClient(world.emulator.url).call('DELETE', `/v1beta/${requests?.name}`);
    expect(status).toBe(200);
    await batch.retry();
    await expectWhole(batch, 'r1.3');
    expect(sorted(await batch.uploads())).toEqual(['png', 'png', 'requests', 'requests']);
  });

  test.each(CASES)(
    'stops at $stop.step with $stop.code; a retry continues there without uploading again ($id)',
    async (row) => {
      const batch = openTestBatch(world, row.id);
      const stop = await batch.stopped();
      expect(stop).toMatchObject(row.stop);
      expect(stop.message).toMatch(/^Google answered 4\d\d [A-Z_]+ to the [a-z ]+: .+/);
      expect(stop.actions[0]).toEqual({ action: row.command, batchId: row.id });
      await batch.retry();
      await expectWhole(batch, row.job);
      expect(await batch.uploads()).toHaveLength(UPLOADS);
    },
  );

  test('ends by `accept` if its model is gone, with a manifest of the missing outputs', async () => {
    const batch = openTestBatch(world, 'stop-given-up');
    await batch.stopped('model-gone');
    await batch.handle.accept();
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES', outputs: { missing: 2 } });
    expect(await batch.jobs()).toEqual([]);
    const failed = await world.store.get(batchPlaces('stop-given-up').failed);
    const { items, parent } = JSON.parse(Buffer.from(failed ?? []).toString()) as Manifest;
    expect([parent, items.map(({ key, count }) => [key, count])]).toEqual(['stop-given-up', [['a', 2]]]);
  });

  test.each(QUOTAS)(
    'waits as long as Google requests if the quota is exhausted, without a stop ($id)',
    async ({ id, ms }) => {
      const batch = openTestBatch(world, id);
      const { state, stop, quota } = await batch.until(({ quota }) => quota !== undefined);
      expect([state, stop]).toEqual(['SUBMITTING', undefined]);
      expect(Date.parse(quota?.nextTry ?? '') - Date.parse(quota?.since ?? '')).toBe(ms);
      await batch.handle.cancel();
      expect(await batch.ended()).toMatchObject({ state: 'CANCELLED', jobs: [] });
      expect(await batch.jobs()).toEqual([]);
    },
  );

  test('uploads files again that became too old while it was stopped', async () => {
    const batch = openTestBatch(world, 'stop-stood-long');
    await batch.stopped('permission-denied');
    await batch.until(
      async () => (await batch.uploads()).length === UPLOADS && (await isOld(world, batch.id)),
    );
    await batch.retry();
    await expectWhole(batch, 'r1.2');
    expect(sorted(await batch.uploads())).toEqual(['png', 'png', 'requests', 'requests']);
  });
});

/** Whether an uploaded file has less than 24 hours left. */
async function isOld(world: World, batchId: string): Promise<boolean> {
  const staged = await world.store.get(batchPlaces(batchId).round(1).staged);
  const { expiresAt } = JSON.parse(Buffer.from(staged ?? []).toString()) as { expiresAt: number };
  return expiresAt - Date.now() < 24 * HOUR;
}

function sorted(uploads: Awaited<ReturnType<TestBatch['uploads']>>): string[] {
  return uploads.map(({ mimeType }) => (mimeType === 'image/png' ? 'png' : 'requests')).sort();
}
