import { expect, test } from 'vitest';
import { toClientError } from '../../src/client/errors.ts';
import { toWorkflowId } from '../../src/contract/index.ts';
import { createWorld } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

test('the eleventh request that waits for a worker has an error of its own', async () => {
  const unserved = await createWorld();
  try {
    const batchId = 'eleven';
    await unserved.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
    const handle = unserved.client.workflow.getHandle(toWorkflowId(batchId));
    const waiting = Array.from({ length: 10 }, () => handle.executeUpdate('retry'));
    for (const one of waiting) one.catch(() => undefined);
    const send = () => unserved.client.withDeadline(Date.now() + 2_000, () => handle.executeUpdate('retry'));
    const sendForCode = () => send().catch((error: unknown) => toClientError(error, batchId).code);
    // The ten may not have arrived yet: then it is one of them, and waits.
    await expect.poll(sendForCode).toBe('request-limit');
    await handle.terminate();
    await Promise.allSettled(waiting);
  } finally {
    await unserved.close();
  }
});
