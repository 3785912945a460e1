/** `Did you mean "aspectRatio"?`, or undefined if no known word is similar enough. */
export function suggestName(written: string, known: readonly string[]): string | undefined {
  const best = findNearest(written, known);
  return best === undefined ? undefined : `Did you mean "${best}"?`;
}

/** Known words that are compared; more would make a suggestion take seconds. */
const MAX_WORDS = 1000;
/** Longer than every word that can be suggested. Comparing two texts of a megabyte would take days. */
const MAX_LETTERS = 200;

/** The most similar known word, ignoring case: at most a third of its letters differ. A longer text than any word has none. */
export function findNearest(written: string, known: readonly string[]): string | undefined {
  const wanted = written.trim().toLowerCase();
  if (wanted.length > MAX_LETTERS) return undefined;
  let best: { word: string; distance: number } | undefined;
  for (const word of known.slice(0, MAX_WORDS)) {
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, word.length) / 3));
    if (Math.abs(wanted.length - word.length) > limit) continue;
    const distance = editDistance(wanted, word.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { word, distance };
  }
  return best?.word;
}

/** The number of letters to insert, remove, replace or swap with a neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? Infinity) + 1 : Infinity;
      row[j] = Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
