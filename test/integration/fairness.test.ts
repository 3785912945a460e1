import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { blackPng, pngChunk } from '../support/png.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const HOST = 'https://host.example/';
/** Of 100 megapixels in 12 kB. */
const HUGE = blackPng(20_000, 5_000).subarray(0, -12);
const REFERENCES = 400;

test('the batch of one token is made while six batches of another have hundreds of slow, huge references', async () => {
  const world = await createWorld({ jobSeconds: 1 });
  try {
    let fetched = 0;
    await world.work({
      async fetchReference(url) {
        await pause(200);
        fetched += 1;
        const comment = pngChunk('tEXt', Buffer.from(`Comment\0${url}`));
        return Buffer.concat([HUGE, comment, pngChunk('IEND', Buffer.alloc(0))]);
      },
    });
    const greedy = Array.from({ length: 6 }, (_, n) => openTestBatch(world, `greedy-${n}`));
    for (const { id } of greedy) await start(id, 'greedy', REFERENCES);
    await expect.poll(() => fetched).toBeGreaterThan(8);

    await start('small', 'shop', 1);
    expect(await openTestBatch(world, 'small').ended()).toMatchObject({ state: 'COMPLETED' });

    const states = await Promise.all(greedy.map(async ({ handle }) => (await handle.status()).state));
    expect(states).toEqual(greedy.map(() => 'PREPARING'));
    expect(fetched, 'the others have had their turns, too').toBeGreaterThan(20);
  } finally {
    await world.close();
  }

  async function start(batchId: string, token: string, count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `r${n}`);
    const references = Object.fromEntries(
      names.map((name) => [name, [`${HOST}${batchId}/${name}.png` as const]]),
    );
    const items = names.map((name) => item(name, { references: [name] }));
    const manifest = buildManifest(items, { references });
    await world.hummingbatch.startNormalised({ manifest, batchId, options: { labels: [`token:${token}`] } });
  }
});
