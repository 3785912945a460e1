import { HummingbatchError } from '../contract/errors.ts';

/**
 * The turns of a worker's transfers. Few run at once, which bounds the memory; the others wait. Turns go to the owner that has
 * the fewest, then to the one that was served longest ago, so that an owner with a hundred steps gets no more than one with one.
 */
export interface Turns {
  /** Waits for a turn. @throws the signal's reason; `aborted` where the worker stops */
  take(owner: string, signal: AbortSignal): Promise<Turn>;
  /** Refuses all that wait, now and later: the worker stops. */
  close(): void;
}

export interface Turn {
  /** Whether the step has had its time, and others wait. */
  isOver(): boolean;
  /**
   * Lets others have their turn if this one is over, and waits for the next one. A step calls it where it holds little memory and
   * no connection. Several calls at once wait for one turn. @throws as {@link Turns.take}
   */
  pass(): Promise<void>;
  /** Call it once, whatever happened. */
  end(): void;
}

/** For steps that take no turn. */
export const NO_TURN: Turn = { isOver: () => false, pass: async () => undefined, end: () => undefined };

interface Waiting {
  owner: string;
  start: () => void;
  fail: (reason: unknown) => void;
}

interface Owner {
  running: number;
  waiting: number;
  /** When it was served last or came, as a number that grows with each event. */
  served: number;
}

/**
 * @param atOnce how many turns there are
 * @param sliceMs how long a step may keep its turn while others wait
 */
export function createTurns({ atOnce, sliceMs }: { atOnce: number; sliceMs: number }): Turns {
  const owners = new Map<string, Owner>();
  const queue: Waiting[] = [];
  let running = 0;
  let events = 0;
  let isClosed = false;

  function wait(name: string, signal: AbortSignal): Promise<void> {
    if (isClosed) return Promise.reject(stopped());
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const owner = owners.get(name) ?? { running: 0, waiting: 0, served: ++events };
    owners.set(name, owner);
    owner.waiting += 1;
    return new Promise<void>((resolve, reject) => {
      const leave = () => {
        signal.removeEventListener('abort', onAbort);
        queue.splice(queue.indexOf(waiting), 1);
        owner.waiting -= 1;
      };
      const waiting: Waiting = {
        owner: name,
        start() {
          leave();
          owner.running += 1;
          owner.served = ++events;
          running += 1;
          resolve();
        },
        fail(reason) {
          leave();
          forgetIfIdle(name);
          reject(reason);
        },
      };
      const onAbort = () => waiting.fail(signal.reason);
      signal.addEventListener('abort', onAbort);
      queue.push(waiting);
      startNext();
    });
  }

  /** Called whenever a step has come or a turn is free, so there is at most one to start. */
  function startNext(): void {
    if (running < atOnce && queue.length > 0) chooseNext().start();
  }

  function chooseNext(): Waiting {
    return queue.reduce((best, next) => (isBefore(next, best) ? next : best));
  }

  /** Of one owner the step that waits longest is first. */
  function isBefore(one: Waiting, other: Waiting): boolean {
    const [a, b] = [owners.get(one.owner) as Owner, owners.get(other.owner) as Owner];
    return a.running === b.running ? a.served < b.served : a.running < b.running;
  }

  function giveBack(name: string): void {
    const owner = owners.get(name) as Owner;
    owner.running -= 1;
    owner.served = ++events;
    running -= 1;
    forgetIfIdle(name);
  }

  function forgetIfIdle(name: string): void {
    const owner = owners.get(name);
    if (owner?.running === 0 && owner.waiting === 0) owners.delete(name);
  }

  return {
    async take(owner, signal) {
      const ending = new AbortController();
      const eitherEnds = AbortSignal.any([signal, ending.signal]);
      await wait(owner, eitherEnds);
      let isHeld = true;
      let since = performance.now();
      let passing: Promise<void> | undefined;

      async function passOn(): Promise<void> {
        isHeld = false;
        const next = wait(owner, eitherEnds);
        giveBack(owner);
        startNext();
        await next;
        isHeld = true;
        since = performance.now();
      }

      const turn: Turn = {
        isOver: () => queue.length > 0 && performance.now() - since >= sliceMs,
        async pass() {
          if (!passing && !turn.isOver()) return;
          passing ??= passOn().finally(() => {
            passing = undefined;
          });
          await passing;
        },
        end() {
          ending.abort();
          if (!isHeld) return;
          isHeld = false;
          giveBack(owner);
          startNext();
        },
      };
      return turn;
    },
    close() {
      isClosed = true;
      for (const waiting of [...queue]) waiting.fail(stopped());
    },
  };
}

function stopped(): HummingbatchError {
  return new HummingbatchError('aborted', 'The worker stops; another worker continues this step.');
}
