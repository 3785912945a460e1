import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { shareEmulator } from '../../../src/cli/emulated.ts';
import { folder } from './call.ts';

const answers = (url: string) => fetch(`${url}/emulator/ledger`).then((answer) => answer.ok);

describe('the emulator of a store', () => {
  test('has one address for all who use it, and goes over to those who stay', async () => {
    const home = await folder();
    const first = await shareEmulator(home);
    const second = await shareEmulator(home);
    onTestFinished(() => second.close());
    expect(second.url).toBe(first.url);
    await first.close();
    await expect.poll(() => answers(second.url).catch(() => false)).toBe(true);
  });

  test('has the same address the next time', async () => {
    const home = await folder();
    const first = await shareEmulator(home);
    await first.close();
    const next = await shareEmulator(home);
    await next.close();
    expect(next.url).toBe(first.url);
  });

  test('says so where something else took its address', async () => {
    const home = await folder();
    const before = await shareEmulator(home);
    await before.close();
    const other = createServer((_, response) => response.writeHead(404).end());
    other.listen(Number(new URL(before.url).port), '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    await expect(shareEmulator(home)).rejects.toMatchObject({
      code: 'unreachable',
      fix: expect.stringContaining(join(home, '.emulator', 'port.json')),
    });
  });
});
