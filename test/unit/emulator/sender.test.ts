import { expect, onTestFinished, test, vi } from 'vitest';
import type { JobRecord } from '../../../src/emulator/jobs/jobs.ts';
import type { Deliveries } from '../../../src/emulator/webhooks/deliveries.ts';
import { startSender } from '../../../src/emulator/webhooks/sender.ts';
import type { World } from '../../../src/emulator/world.ts';

test('a job that is cancelled while its record is read has the event of its cancellation, and no other', async () => {
  const clock = { at: 0 };
  let job = { id: 'x'.repeat(36), createTime: 0, durationMs: 1_000, rows: [{}] } as unknown as JobRecord;
  const endpoint = { id: 'w', createTime: 0, subscribedEvents: ['batch.succeeded', 'batch.cancelled'] };
  const world = {
    now: () => clock.at,
    webhooks: { all: () => [endpoint] },
    jobs: {
      ids: async () => [job.id],
      async read() {
        const before = job;
        job = { ...job, cancelTime: 1 };
        clock.at = 5_000;
        return before;
      },
    },
    faults: {},
    ledger: { addFailure: () => undefined },
  } as unknown as World;
  const add = vi.fn<Deliveries['add']>(async () => undefined);
  const sender = startSender(world, { add, open: () => [], save: async () => undefined });
  onTestFinished(() => sender.close());
  await expect.poll(() => add.mock.calls.map(([, , { type }]) => type)).toEqual(['batch.cancelled']);
});
