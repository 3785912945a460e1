import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { createThreadPool, type ThreadPoolOptions } from '../../../src/api/thread-pool.ts';

/** A thread that answers each message with its environment, and throws at `fail`. */
const CODE = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', (word) => {
    if (word === 'fail') throw new Error('failed in the thread');
    parentPort.postMessage({ env: Object.keys(process.env) });
  });
`;
const never = new AbortController().signal;

function openPool(options: Partial<ThreadPoolOptions> = {}) {
  const pool = createThreadPool({
    file: new URL(`data:text/javascript,${encodeURIComponent(CODE)}`),
    ...{ size: 1, maxWaiting: 1, maxWaitMs: 60_000, maxIdleMs: 60_000, resourceLimits: {} },
    ...options,
  });
  onTestFinished(() => pool.close());
  return pool;
}

function ask(thread: Worker, word: string): Promise<{ env: string[] }> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.postMessage(word, []);
  });
}

test('keeps a thread for the next task, and replaces one that failed', async () => {
  const pool = openPool();
  const threads: Worker[] = [];
  const use = (word: string) =>
    pool.run(never, (thread) => {
      threads.push(thread);
      return ask(thread, word);
    });
  await use('work');
  await use('work');
  await expect(use('fail')).rejects.toThrow('failed in the thread');
  await use('work');
  expect(threads[1]).toBe(threads[0]);
  expect(threads[3]).not.toBe(threads[0]);
});

test('gives the environment of the process, which holds keys, to no thread', async () => {
  expect(await openPool().run(never, (thread) => ask(thread, 'work'))).toEqual({ env: [] });
});

test('refuses a task where too many wait, or where it waits too long', async () => {
  const pool = openPool({ maxWaitMs: 50 });
  let finish = () => {};
  const first = pool.run(never, () => new Promise<void>((resolve) => (finish = resolve)));
  const second = pool.run(never, async () => 'second');
  await expect(pool.run(never, async () => 'third')).rejects.toMatchObject({
    code: 'busy',
    message: 'All threads are busy, and the queue of 1 is full.',
  });
  await expect(second).rejects.toMatchObject({ code: 'busy', message: 'All threads were busy for 0.05 s.' });
  const fourth = pool.run(never, async () => 'fourth');
  finish();
  await first;
  expect(await fourth).toBe('fourth');
});

test('ends a thread that has had no work for a while', async () => {
  const pool = openPool({ maxIdleMs: 10 });
  const thread = await pool.run(never, async (lent) => lent);
  await once(thread, 'exit');
  expect(await pool.run(never, async (lent) => lent !== thread)).toBe(true);
  // A task that comes at that moment gets another one.
  for (let n = 0; n < 20; n += 1) {
    await pause(10);
    expect(await pool.run(never, (lent) => ask(lent, 'work'))).toEqual({ env: [] });
  }
});
