import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { shareEmulator } from '../../../src/host/emulator.ts';
import { openStore } from '../../../src/store/open.ts';
import { folder } from '../cli/call.ts';

const answers = (url: string) => fetch(`${url}/emulator/ledger`).then((answer) => answer.ok);

describe('the emulator of a store', () => {
  test('has one address for all its users, and moves to one that stays', async () => {
    const store = await openStore(await folder());
    const first = await shareEmulator(store);
    const second = await shareEmulator(store);
    onTestFinished(() => second.close());
    expect(second.url).toBe(first.url);
    await first.close();
    await expect.poll(() => answers(second.url).catch(() => false)).toBe(true);
  });

  test('has the same address after a restart', async () => {
    const store = await openStore(await folder());
    const first = await shareEmulator(store);
    await first.close();
    const next = await shareEmulator(store);
    await next.close();
    expect(next.url).toBe(first.url);
  });

  test('fails where another program took its address', async () => {
    const store = await openStore(await folder());
    const before = await shareEmulator(store);
    await before.close();
    const other = createServer((_, response) => response.writeHead(404).end());
    other.listen(Number(new URL(before.url).port), '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    await expect(shareEmulator(store)).rejects.toMatchObject({
      code: 'unreachable',
      fix: expect.stringContaining(join(store.location, 'emulator.json')),
    });
  });
});
