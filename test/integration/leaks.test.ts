import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGemini } from '../../src/gemini/index.ts';
import { readHistoryText } from '../support/history.ts';
import { createWorld, type World } from '../support/world.ts';

const KEY = 'AIza-distinctive-key-4711';
const PROMPT = 'a zebra crossing a quiet harbour';

/** Where a batch's prompts may stand: what people wrote, and what they may run again. */
const MAY_HOLD_PROMPTS = /\/(manifest|failed)\.json$/;

describe('of a batch with a stop, a refusal, a passing failure and faults on the wire', () => {
  let world: World;
  let logs = '';
  let history = '';
  const files = new Map<string, string>();

  beforeAll(async () => {
    world = await createWorld({
      keys: [KEY],
      faults: {
        faults: [
          {
            fault: 'create.refuse',
            status: 'PERMISSION_DENIED',
            message: `The key ${KEY} is suspended.`,
            times: 1,
          },
          { fault: 'get.garbage', times: 1 },
          { fault: 'download.broken', afterBytes: 500, times: 1 },
        ],
      },
    });
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => ((logs += chunk.toString()), done()),
    });
    const gemini = createGemini({ baseUrl: world.emulator.url, apiKey: KEY });
    await world.work({ log: pino({ level: 'trace' }, sink), gemini });
    const items = ['', ' [refuse]', ' [fail once]', ' [text only]'].map((word, n) => ({
      key: `k${n}`,
      prompt: PROMPT + word,
    }));
    const path = await world.manifest({ name: 'secret', model: 'nano-banana-pro', items });
    const { batchId } = await world.hummingbatch.startBatch({ manifest: path });
    const batch = world.hummingbatch.batch(batchId);
    for await (const { state } of batch.progress()) if (state === 'NEEDS_ATTENTION') await batch.retry();

    history = await readHistoryText(world.client, batchId);
    for (const key of await world.store.list(`batches/${batchId}/`)) {
      files.set(key, Buffer.from((await world.store.get(key)) ?? []).toString('latin1'));
    }
  });
  afterAll(() => world.close());

  test('neither history, nor log, nor any file holds the key', () => {
    expect(history).not.toContain(KEY);
    expect(logs).not.toContain(KEY);
    expect([...files].filter(([, text]) => text.includes(KEY)).map(([name]) => name)).toEqual([]);
  });

  test('prompts stand in the store’s manifests and nowhere else', () => {
    expect(history).not.toContain(PROMPT);
    expect(logs).not.toContain(PROMPT);
    const holding = [...files].filter(([, text]) => text.includes(PROMPT)).map(([name]) => name);
    expect(holding.filter((name) => !MAY_HOLD_PROMPTS.test(name))).toEqual([]);
    expect(holding.length, 'the search finds prompts where they are').toBe(2);
  });

  test('the faults struck and were logged, so that there was something to leak', async () => {
    expect((await world.emulator.ledger()).faults).toMatchObject({
      'create.refuse': 1,
      'get.garbage': 1,
      'download.broken': 1,
    });
    expect(logs).toContain('"step":"collectRound"');
    expect(history).toContain('permission-denied');
  });
});
