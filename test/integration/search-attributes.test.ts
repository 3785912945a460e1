import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { registeredAttributes } from '../../src/client/registered-attributes.ts';
import { toWorkflowId } from '../../src/contract/index.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/contract/search-attributes.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { temporalCliPath } from '../support/servers.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const run = promisify(execFile);

/** As in Temporal Cloud or an own cluster before our search attributes are added. */
describe('a namespace without our search attributes', () => {
  let world: World;
  let desk: Desk;
  const namespace = `bare-${process.pid}-${Date.now()}`;
  const attributes = () => registeredAttributes(world.client.connection, world.client.options.namespace);

  interface DoctorCheck {
    name: string;
    level: string;
    fix?: string;
  }
  async function runDoctor(): Promise<DoctorCheck | undefined> {
    const { stdout } = await desk.run(['doctor', '--json'], { GEMINI_API_KEY: 'test-key' });
    const { checks } = JSON.parse(stdout) as { checks: DoctorCheck[] };
    return checks.find(({ name }) => name === 'search attributes');
  }

  beforeAll(async () => {
    world = await createWorld({ namespace });
    desk = await openDesk({ TEMPORAL_ADDRESS: inject('temporal'), TEMPORAL_NAMESPACE: namespace });
    const day = msNumberToTs(86_400_000);
    await world.client.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: day,
    });
  });
  afterAll(async () => {
    await desk.close();
    await world.close();
  });

  test('runs a batch without them', async () => {
    expect(await attributes()).toEqual([]);
    const stop = await world.work({ searchAttributes: attributes });
    const batchId = 'bare-batch';
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
    expect(await world.hummingbatch.batch(batchId).wait()).toMatchObject({ state: 'COMPLETED' });
    const { events } = await world.client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
    const kinds = (events ?? []).flatMap((event) => Object.keys(event));
    expect(kinds).not.toContain('upsertWorkflowSearchAttributesEventAttributes');
    expect(kinds).not.toContain('workflowTaskFailedEventAttributes');
    await stop();
  });

  test('with only some of them lists batches by querying each one for the rest', async () => {
    // Temporal's number for the type.
    const keyword = 2;
    await world.client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { BatchState: keyword },
    });
    expect(await attributes()).toEqual(['BatchState']);
    const stop = await world.work({ searchAttributes: attributes });
    const options = { labels: ['autumn'], approveAboveUsd: 0 };
    const batchId = 'bare-labelled';
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
    await openTestBatch(world, batchId).until(({ state }) => state === 'AWAITING_APPROVAL');
    const { batches } = await world.hummingbatch.list({ labels: ['autumn'] });
    expect(batches.map((batch) => batch.batchId)).toEqual([batchId]);
    await world.hummingbatch.batch(batchId).cancel();
    await world.hummingbatch.batch(batchId).wait();
    await stop();
  });

  test('gets them by the command that `doctor` shows, and new batches then have them', async () => {
    const lacking = await runDoctor();
    expect(lacking?.level).toBe('hint');
    const [program = '', ...words] = lacking?.fix?.split(' ') ?? [];
    expect(program).toBe('temporal');
    const path = `${dirname(await temporalCliPath())}:${process.env['PATH']}`;
    await run(program, words, { env: { ...process.env, PATH: path } });
    expect((await attributes()).toSorted()).toEqual(Object.keys(SEARCH_ATTRIBUTE_TYPES).toSorted());
    expect(await runDoctor()).toMatchObject({ level: 'ok' });

    const stop = await world.work({ searchAttributes: attributes });
    const batchId = 'bare-no-more';
    const options = { labels: ['autumn'] };
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
    await world.hummingbatch.batch(batchId).wait();
    // As many bytes as may be: the server terminates a workflow that sets a longer attribute.
    const longest = Array.from({ length: 15 }, (_, n) => String.fromCodePoint(0x430 + n).repeat(60));
    await world.hummingbatch.startNormalised({
      manifest: buildManifest([item('a')]),
      batchId: 'bare-long',
      options: { labels: longest },
    });
    const long = await world.hummingbatch.batch('bare-long').wait();
    expect(long).toMatchObject({ state: 'COMPLETED', labels: longest });
    const query = `BatchState = 'COMPLETED' AND BatchLabels = 'autumn' AND OutputsDone = 1 AND OutputsFailed = 0`;
    const found: string[] = [];
    for await (const { workflowId } of world.client.workflow.list({ query })) found.push(workflowId);
    expect(found).toEqual([toWorkflowId(batchId)]);
    await stop();
  });
});
