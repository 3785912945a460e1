import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createTurns, type Turn, type Turns } from '../../../src/activities/turns.ts';

const NEVER = new AbortController().signal;
const LONG = 60_000;

describe('turns', () => {
  test('are as many at once as allowed, whoever waits', async () => {
    const turns = createTurns({ atOnce: 2, sliceMs: 0 });
    let running = 0;
    let most = 0;
    const step = async (owner: string) => {
      const turn = await turns.take(owner, NEVER);
      for (let part = 0; part < 5; part += 1) {
        running += 1;
        most = Math.max(most, running);
        await pause(1);
        running -= 1;
        await turn.pass();
      }
      turn.end();
    };
    await Promise.all(Array.from({ length: 12 }, (_, n) => step(`owner ${n % 3}`)));
    expect(most).toBe(2);
  });

  test('go to an owner without one before a second one of another, whatever came first', async () => {
    const { turns, order, ask } = recorded({ atOnce: 2, sliceMs: LONG });
    const first = await turns.take('many', NEVER);
    for (let n = 0; n < 5; n += 1) void ask('many');
    const few = ask('few');
    await settle();
    // The second of `many` has the second turn; nothing is free.
    expect(order).toEqual(['many']);
    first.end();
    await settle();
    expect(order).toEqual(['many', 'few']);
    (await few).end();
    await settle();
    expect(order).toEqual(['many', 'few', 'many']);
  });

  test('go round among owners that have as many steps as they like', async () => {
    const { order, ask } = recorded({ atOnce: 1, sliceMs: LONG });
    const steps = [...'aaaabbc'].map((owner) => ask(owner));
    for (const step of steps) void step.then((turn) => setImmediate(() => turn.end()));
    await Promise.all(steps);
    expect(order.join('')).toBe('abcabaa');
  });

  test('are passed by a step that has had its time, and only while others wait', async () => {
    const { turns, order, ask } = recorded({ atOnce: 1, sliceMs: 50 });
    const long = await turns.take('long', NEVER);
    await pause(60);
    expect(long.isOver()).toBe(false);
    await long.pass();

    const other = ask('other');
    expect(long.isOver()).toBe(true);
    const passing = long.pass();
    const turn = await other;
    let isBack = false;
    void passing.then(() => (isBack = true));
    await settle();
    expect([order, isBack]).toEqual([['other'], false]);
    turn.end();
    await passing;
    expect(long.isOver()).toBe(false);
  });

  test('of a step that works on several things at once are passed once for all of them', async () => {
    const { turns, ask } = recorded({ atOnce: 1, sliceMs: 0 });
    const long = await turns.take('long', NEVER);
    const other = ask('other');
    const passing = Promise.all([long.pass(), long.pass(), long.pass()]);
    (await other).end();
    await passing;
    long.end();
    const next = await turns.take('next', NEVER);
    expect(next.isOver()).toBe(false);
  });

  test('of a long step come again while new owners keep coming', async () => {
    const { turns, ask } = recorded({ atOnce: 1, sliceMs: 0 });
    const long = await turns.take('long', NEVER);
    let isBack = false;
    const waiting = [ask('new 0')];
    const passing = long.pass().then(() => (isBack = true));
    for (let n = 1; n < 5; n += 1) {
      const turn = await waiting.shift();
      waiting.push(ask(`new ${n}`));
      turn?.end();
      await settle();
      if (isBack) break;
    }
    expect(isBack).toBe(true);
    await passing;
  });

  test('are not kept by a step that is cancelled while it waits', async () => {
    const { turns, ask } = recorded({ atOnce: 1, sliceMs: 0 });
    const first = await turns.take('first', NEVER);
    const cancelling = new AbortController();
    const cancelled = turns.take('second', cancelling.signal);
    cancelling.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    await expect(turns.take('second', cancelling.signal)).rejects.toThrow('cancelled');

    const third = ask('third');
    const passing = first.pass();
    // It fails elsewhere while it waits.
    first.end();
    await expect(passing).rejects.toThrow('aborted');
    (await third).end();
    (await turns.take('fourth', NEVER)).end();
  });

  test('are refused as aborted once the worker stops, for another worker to continue', async () => {
    const { turns } = recorded({ atOnce: 1, sliceMs: 0 });
    const running = await turns.take('running', NEVER);
    const waiting = turns.take('waiting', NEVER);
    turns.close();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await expect(turns.take('late', NEVER)).rejects.toMatchObject({ code: 'aborted' });
    // Nobody waits, so it may finish.
    await running.pass();
    running.end();
  });
});

function recorded(options: Parameters<typeof createTurns>[0]): {
  turns: Turns;
  /** The owners of the turns that were asked for by `ask`, as they got them. */
  order: string[];
  ask: (owner: string) => Promise<Turn>;
} {
  const turns = createTurns(options);
  const order: string[] = [];
  return {
    turns,
    order,
    async ask(owner) {
      const turn = await turns.take(owner, NEVER);
      order.push(owner);
      return turn;
    },
  };
}

/** Lets everything happen that waits for nothing. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
