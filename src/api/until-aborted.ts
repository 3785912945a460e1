/** Passes on values until a signal aborts, also while the next value is awaited. @throws the signal's reason */
export async function* untilAborted<Value>(
  values: AsyncIterable<Value>,
  signal: AbortSignal,
): AsyncGenerator<Value> {
  const iterator = values[Symbol.asyncIterator]();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  aborted.catch(() => undefined);
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: after an abort it waits for the value that does not come.
    iterator.return?.()?.catch(() => undefined);
  }
}
