import { Worker, type WorkerOptions } from 'node:worker_threads';
import { HummingbatchError } from '../contract/errors.ts';

export interface ThreadPoolOptions {
  /** The code of the threads: built JavaScript. */
  file: URL;
  /** The most threads at once. */
  size: number;
  /** How many may wait for a thread, and how long, ms. */
  maxWaiting: number;
  maxWaitMs: number;
  /** A thread without work ends after this time, ms. */
  maxIdleMs: number;
  resourceLimits: WorkerOptions['resourceLimits'];
}

/** Threads that are kept between tasks, because loading their code takes 0.2 s. */
export interface ThreadPool {
  /**
   * Lends a thread to a task, which alone uses it until it settles. The thread of a task that fails is ended.
   *
   * @throws `busy` where too many wait or one waits too long; the reason of the signal; and what the task throws
   */
  run<Result>(signal: AbortSignal, task: (thread: Worker) => Promise<Result>): Promise<Result>;
  /** Ends all threads. */
  close: () => Promise<void>;
}

export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const { file, size, maxWaiting, maxWaitMs, maxIdleMs, resourceLimits } = options;
  const threads = new Set<Worker>();
  /** With the timers that end them. */
  const idle = new Map<Worker, NodeJS.Timeout>();
  /** Those whose turn comes, the first first. */
  const waiting = new Set<() => void>();
  let running = 0;

  async function waitForTurn(signal: AbortSignal): Promise<void> {
    if (running < size) {
      running += 1;
      return;
    }
    if (waiting.size >= maxWaiting)
      throw busy(`All threads are busy, and the queue of ${maxWaiting} is full.`);
    await new Promise<void>((resolve, reject) => {
      const stopWaiting = () => {
        waiting.delete(begin);
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const begin = () => {
        stopWaiting();
        resolve();
      };
      const abort = () => {
        stopWaiting();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        stopWaiting();
        reject(busy(`All threads were busy for ${maxWaitMs / 1000} s.`));
      }, maxWaitMs);
      waiting.add(begin);
      signal.addEventListener('abort', abort);
    });
  }

  /** Passes the turn on. */
  function endTurn(): void {
    const [next] = waiting;
    if (next) next();
    else running -= 1;
  }

  function startThread(): Worker {
    // Without the environment, which holds keys and tokens, and without the flags of this process.
    const thread = new Worker(file, { env: {}, execArgv: [], resourceLimits });
    threads.add(thread);
    thread.unref();
    // The task listens, too. Without a listener the error of an idle thread would end this process.
    thread.on('error', () => undefined);
    thread.once('exit', () => {
      threads.delete(thread);
      clearTimeout(idle.get(thread));
      idle.delete(thread);
    });
    return thread;
  }

  function keep(thread: Worker): void {
    const end = () => {
      // Until it has ended, it would be lent.
      idle.delete(thread);
      void thread.terminate();
    };
    idle.set(thread, setTimeout(end, maxIdleMs).unref());
  }

  function takeThread(): Worker {
    for (const [thread, timer] of idle) {
      clearTimeout(timer);
      idle.delete(thread);
      return thread;
    }
    return startThread();
  }

  return {
    async run(signal, task) {
      signal.throwIfAborted();
      await waitForTurn(signal);
      const thread = takeThread();
      try {
        const result = await task(thread);
        keep(thread);
        return result;
      } catch (error) {
        await thread.terminate();
        throw error;
      } finally {
        endTurn();
      }
    },
    async close() {
      await Promise.all([...threads].map((thread) => thread.terminate()));
    },
  };
}

function busy(message: string): HummingbatchError {
  return new HummingbatchError('busy', message, { retryAfterMs: 5_000 });
}
