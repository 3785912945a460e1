import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BatchProgress,
  type NotifyTarget,
  toScheduleId,
  toWorkflowId,
} from '../../src/contract/index.ts';
import { postPublic } from '../../src/net/post.ts';
import type { ContractSchema } from '../../src/schemas/published.ts';
import { loadChecker } from '../support/contract.ts';
import { runShell } from '../support/shell.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWebhookReceiver, type Receiver } from '../support/webhook-receiver.ts';
import type { World } from '../support/world.ts';
import { createStoppedClockWorld, letJobsEnd } from './operations-kit.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const ITEMS = [
  { key: 'hero', prompt: 'A bottle', count: 2, metadata: { sku: 'B-204' } },
  { key: 'refused', prompt: 'A bottle [refuse]' },
  { key: 'failed', prompt: 'A bottle [fail]' },
  { key: 'missing', prompt: 'A bottle [missing]' },
];

let world: World;
let receiver: Receiver;
let notify: NotifyTarget[];

beforeAll(async () => {
  world = await createStoppedClockWorld();
  receiver = await createWebhookReceiver(SECRET);
  notify = [{ url: `http://${receiver.host}/hooks`, secretRef: 'shop' }];
  await world.work({
    webhookSecrets: () => [SECRET],
    postWebhook: (post, signal) => postPublic(post, { hosts: [receiver.host], deadlineMs: 5_000 }, signal),
  });
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

/** Checks a value in its JSON form. */
async function expectFits(name: ContractSchema, value: unknown): Promise<void> {
  const sent: unknown = JSON.parse(JSON.stringify(value));
  expect((await loadChecker(name))(sent), JSON.stringify(sent)).toBe('');
}

async function startRequest(batchId: string, run: object) {
  const manifest = await world.manifest({ name: 'real', model: 'nano-banana-pro', items: ITEMS, run });
  return { manifest, batchId, options: { notify } };
}

describe('the published schemas', () => {
  test('accept the input of putBatch and of a schedule', async () => {
    const request = await startRequest('contract-put', {
      maxCostUsd: 40,
      labels: ['autumn', 'été'],
      deadline: '2h',
    });
    await expectFits('image-batch-input', await world.hummingbatch.putBatch(request));
    await world.hummingbatch.schedules.create({ ...request, name: 'contract-daily', cron: '0 6 * * *' });
    const schedule = world.client.schedule.getHandle(toScheduleId('contract-daily'));
    const { action } = await schedule.describe();
    await schedule.delete();
    expect(action.args).toHaveLength(1);
    await expectFits('scheduled-batch-input', action.args?.[0]);
  });

  test('accept the progress of a batch that waits for approval, waits for its job and has ended, its result, records and webhooks', async () => {
    await world.hummingbatch.startBatch(
      await startRequest('contract-real', { approveAboveUsd: 0, maxRounds: 2 }),
    );
    const batch = openTestBatch(world, 'contract-real');
    const seen: BatchProgress[] = [await batch.until(({ state }) => state === 'AWAITING_APPROVAL')];
    await batch.handle.approve();
    seen.push(await batch.until(({ state, check }) => state === 'WAITING' && check !== undefined));
    letJobsEnd(world);
    seen.push(await batch.until(({ state, round }) => state === 'WAITING' && round === 2));
    letJobsEnd(world);
    await batch.ended();
    seen.push(await batch.handle.status());
    expect(seen.map(({ state }) => state)).toEqual([
      'AWAITING_APPROVAL',
      'WAITING',
      'WAITING',
      'COMPLETED_WITH_FAILURES',
    ]);
    for (const progress of seen) await expectFits('progress', progress);
    await expectFits(
      'image-batch-result',
      await world.client.workflow.getHandle(toWorkflowId('contract-real')).result(),
    );

    const records = await batch.records();
    expect(records.map(({ outcome }) => outcome)).toEqual(['image', 'image', 'refused', 'failed', 'missing']);
    for (const record of records) await expectFits('output-record', record);
    await expectEvents('contract-real', ['batch.awaiting-approval', 'batch.ended']);
  });

  test('accept the progress and the webhook of a stopped batch', async () => {
    await world.hummingbatch.startBatch(await startRequest('contract-stopped', { maxCostUsd: 0 }));
    const batch = openTestBatch(world, 'contract-stopped');
    await batch.stopped('over-budget');
    await expectFits('progress', await batch.handle.status());
    await expectEvents('contract-stopped', ['batch.stopped']);
    await batch.handle.accept();
    await batch.ended();
  });

  async function expectEvents(batchId: string, types: string[]): Promise<void> {
    const deliveries = await receiver.waitForDeliveries(batchId, types.length);
    expect(deliveries.map(({ event }) => event.type)).toEqual(types);
    for (const { body } of deliveries) await expectFits('webhook-event', JSON.parse(body));
  }

  test('reject invalid values', async () => {
    const { state: _, ...progress } = await openTestBatch(world, 'contract-stopped').handle.status();
    expect((await loadChecker('progress'))(progress)).toContain("required property 'state'");
  });
});

test('Python can compile each pattern of the schemas', async () => {
  const program = `
import json, pathlib, re
def patterns(part):
    for name, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name == "pattern" and isinstance(value, str): yield value
        else: yield from patterns(value)
found = [re.compile(pattern) for file in pathlib.Path("docs/contract").glob("*.json") for pattern in patterns(json.loads(file.read_text()))]
print(len(found) > 10)`;
  const result = await runShell(`python3 -c '${program}'`, process.cwd(), {});
  expect(result.output).toBe('True\n');
});
