/** A function of a text that computes each result once. It keeps all of them, so it must not outlive one manifest. */
export function memoize<Result extends string | object>(
  compute: (text: string) => Result,
): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const result = results.get(text) ?? compute(text);
    results.set(text, result);
    return result;
  };
}
