import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchProgress, OutputRecord, Report } from '../../src/contract/index.ts';
import { readActivities } from '../support/history.ts';
import { createWorld, type World } from '../support/world.ts';

const REFERENCE = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#c33' } })
  .png()
  .toBuffer();

const MANIFEST = {
  name: 'mixed',
  model: 'nano-banana-pro',
  references: { bottle: 'refs/bottle.png' },
  items: [
    { key: 'hero', prompt: 'The bottle at dawn', aspectRatio: '16:9', references: ['bottle'], count: 3 },
    {
      key: 'flat',
      prompt: 'The bottle from above',
      aspectRatio: '4:5',
      references: ['bottle'],
      metadata: { sku: 'B-204' },
    },
    { key: 'bad', prompt: 'Something else [refuse]' },
    { key: 'shy', prompt: 'Another thing [fail once]', aspectRatio: '1:1' },
    { key: 'gone', prompt: 'A thing without an answer [missing]' },
  ],
};

describe('a batch with a refused row, a row that fails once and a row without an answer', () => {
  let world: World;
  let batchId: string;
  let end: BatchProgress;
  let records: OutputRecord[];

  beforeAll(async () => {
    world = await createWorld();
    await world.work();
    const path = await world.manifest(MANIFEST, { 'refs/bottle.png': REFERENCE });
    ({ batchId } = await world.hummingbatch.startBatch({ manifest: path }));
    end = await world.hummingbatch.batch(batchId).wait();
    records = [];
    for await (const record of world.hummingbatch.batch(batchId).records()) records.push(record);
  });
  afterAll(() => world.close());

  const filePath = (name: string) => join(world.store.location, 'batches', batchId, name);

  test('ends with failures and counts each outcome', () => {
    expect(end.state).toBe('COMPLETED_WITH_FAILURES');
    expect(end.outputs).toEqual({ total: 7, image: 5, refused: 1, failed: 0, missing: 1 });
  });

  test('writes exactly one record per output, in the order of the manifest', () => {
    expect(records.map(({ output }) => output)).toEqual([
      'hero#1',
      'hero#2',
      'hero#3',
      'flat#1',
      'bad#1',
      'shy#1',
      'gone#1',
    ]);
    expect(records.map(({ outcome }) => outcome)).toEqual([
      'image',
      'image',
      'image',
      'image',
      'refused',
      'image',
      'missing',
    ]);
    expect(records[3]?.metadata).toEqual({ sku: 'B-204' });
  });

  test('writes images that decode with the requested size', async () => {
    const pixels: Record<string, [number, number]> = {
      hero: [1376, 768],
      flat: [928, 1152],
      shy: [1024, 1024],
    };
    for (const { key, file, width, height, flags } of records.filter(({ outcome }) => outcome === 'image')) {
      const { info } = await sharp(filePath(file ?? ''))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual(pixels[key]);
      expect([width, height]).toEqual(pixels[key]);
      expect(flags).toEqual([]);
    }
  });

  test('retries only retryable outputs, in a smaller job each round', async () => {
    const { jobs } = await world.emulator.ledger();
    // Round 2: the failure and the missing answer; round 3: the missing answer.
    expect(jobs.map(({ rows }) => rows)).toEqual([7, 2, 1]);
    expect(jobs.map(({ displayName }) => displayName?.split('/').at(-1))).toEqual(['r1.1', 'r2.1', 'r3.1']);
  });

  test('uploads a reference once for all items and rounds', async () => {
    const { uploads } = await world.emulator.ledger();
    expect(uploads.filter(({ mimeType }) => mimeType === 'image/png')).toHaveLength(1);
  });

  test('has each step in the history in order, with a summary that names its round', async () => {
    const activities = await readActivities(world.client, batchId);
    const names = activities.map(({ activity }) => activity).join(' ');
    const round = 'stageRound findJob createJob( checkJob)+ collectRound';
    expect(names).toMatch(new RegExp(`^prepare ${round} ${round} ${round} report cleanUp$`));
    for (const { activity, summary } of activities) {
      if (activity === 'cleanUp') expect(summary).not.toBe('');
      else expect(summary).toMatch(/^(before the first round|round [123]|after round 3): /);
    }
  });

  test('writes the unfulfilled outputs as a valid manifest', async () => {
    const failed = JSON.parse(await readFile(filePath('failed.json'), 'utf8')) as {
      parent: string;
      items: { key: string }[];
    };
    expect(failed.parent).toBe(batchId);
    expect(failed.items.map(({ key }) => key)).toEqual(['bad', 'gone']);
    const again = await world.hummingbatch.startBatch({
      manifest: filePath('failed.json'),
      options: { maxRounds: 1 },
    });
    const { outputs } = await world.hummingbatch.batch(again.batchId).wait();
    expect(outputs).toMatchObject({ total: 2, refused: 1, missing: 1 });
  });

  test('reports counts, jobs, cost and times', async () => {
    const report = JSON.parse(await readFile(filePath('report.json'), 'utf8')) as Report;
    expect(report.outputs).toEqual(end.outputs);
    expect(report.rounds.map(({ outputs }) => outputs.total)).toEqual([7, 2, 1]);
    expect(report.jobs.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect(report.costUsd.actual).toBeGreaterThan(5 * 0.067);
    expect(report.byRatio['16:9']?.image).toBe(3);
    expect(await readFile(filePath('report.html'), 'utf8')).toContain('hero~2.jpg');
  });

  test('attaches to the batch when it is started again, without a new job', async () => {
    const before = (await world.emulator.ledger()).jobs.length;
    const path = await world.manifest(MANIFEST);
    expect(await world.hummingbatch.startBatch({ manifest: path })).toMatchObject({
      batchId,
      attached: true,
    });
    expect((await world.emulator.ledger()).jobs).toHaveLength(before);
  });

  test('refuses a different manifest under the same id', async () => {
    const path = await world.manifest({ ...MANIFEST, items: MANIFEST.items.slice(1) });
    await expect(world.hummingbatch.startBatch({ manifest: path, batchId })).rejects.toMatchObject({
      code: 'batch-conflict',
    });
  });

  test('makes the outputs of a retry again and reports on all outputs', async () => {
    await world.hummingbatch.batch(batchId).retry({ outcomes: ['refused'] });
    const { outputs } = await world.hummingbatch.batch(batchId).wait();
    expect(outputs).toEqual({ total: 7, image: 5, refused: 1, failed: 0, missing: 1 });
    const { jobs } = await world.emulator.ledger();
    expect(jobs.at(-1)).toMatchObject({ rows: 1, displayName: expect.stringMatching(/r4\.1$/) });
    const report = JSON.parse(await readFile(filePath('report.json'), 'utf8')) as Report;
    expect(report.jobs.map(({ round }) => round)).toEqual([1, 2, 3, 4]);
  });
});
