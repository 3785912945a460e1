import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGemini } from '../../src/gemini/index.ts';
import { readHistoryText } from '../support/history.ts';
import { createWorld, type World } from '../support/world.ts';

const KEY = 'AIza-distinctive-key-4711';
const PROMPT = 'a zebra crossing a quiet harbour';

/** Files that may contain prompts: manifests that people wrote or may run again. */
const MAY_HOLD_PROMPTS = /\/(manifest|failed)\.json$/;

describe('a batch with a stop, a refused row, a row that fails once and network faults', () => {
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

  test('writes the API key neither into the history nor into the log nor into any file', () => {
    expect(history).not.toContain(KEY);
    expect(logs).not.toContain(KEY);
    expect([...files].filter(([, text]) => text.includes(KEY)).map(([name]) => name)).toEqual([]);
  });

  test('writes prompts only into the manifests of the store', () => {
    expect(history).not.toContain(PROMPT);
    expect(logs).not.toContain(PROMPT);
    const holding = [...files].filter(([, text]) => text.includes(PROMPT)).map(([name]) => name);
    expect(holding.filter((name) => !MAY_HOLD_PROMPTS.test(name))).toEqual([]);
    expect(holding.length, 'the search finds prompts where they are').toBe(2);
  });

  test('really met the faults, and logged them', async () => {
    expect((await world.emulator.ledger()).faults).toMatchObject({
      'create.refuse': 1,
      'get.garbage': 1,
      'download.broken': 1,
    });
    expect(logs).toContain('"step":"collectRound"');
    expect(history).toContain('permission-denied');
  });
});
