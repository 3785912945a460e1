/**
 * Finds the known word that was probably meant, ignoring case: at most a third of its letters differ. Undefined if there is
 * none, or if the work for suggestions is used up.
 */
export type FindNearest = (written: string, known: readonly string[]) => string | undefined;

/** Known words that are compared: as many as a batch has items. */
const MAX_WORDS = 1000;
/** Longer than every word that can be suggested. */
const MAX_LETTERS = 200;
/**
 * Pairs of letters that are compared, 0.1 s. 200 problems beside 1000 names of 200 letters would compare 8,000,000,000: a
 * manifest of 177 kB took 100 s.
 */
const MAX_PAIRS = 10_000_000;

/** A search with a limit on the work of all its calls. One manifest has one, which every problem uses. */
export function createFindNearest(): FindNearest {
  const work = { left: MAX_PAIRS };
  return (written, known) => {
    if (written.length > MAX_LETTERS) return undefined;
    const wanted = written.trim().toLowerCase();
    let best: { word: string; distance: number } | undefined;
    for (const word of known.slice(0, MAX_WORDS)) {
      if (work.left <= 0) break;
      const limit = Math.max(1, Math.floor(Math.max(wanted.length, word.length) / 3));
      const most = best === undefined ? limit : Math.min(limit, best.distance - 1);
      if (Math.abs(wanted.length - word.length) > most) continue;
      const distance = editDistance(wanted, word.toLowerCase(), most, work);
      if (distance <= most) best = { word, distance };
    }
    return best?.word;
  };
}

/** The same for one question. */
export function findNearest(written: string, known: readonly string[]): string | undefined {
  return createFindNearest()(written, known);
}

/** `Did you mean "aspectRatio"?`, or undefined if no known word is similar enough. */
export function suggestName(
  written: string,
  known: readonly string[],
  find: FindNearest = findNearest,
): string | undefined {
  const best = find(written, known);
  return best === undefined ? undefined : `Did you mean "${best}"?`;
}

/**
 * The number of letters to insert, remove, replace or swap with a neighbour (optimal string alignment). Infinity if it is
 * above `most`, or if no work is left.
 */
function editDistance(a: string, b: string, most: number, work: { left: number }): number {
  let beforeLast = new Uint16Array(b.length + 1);
  let last = Uint16Array.from({ length: b.length + 1 }, (_, n) => n);
  let row = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i += 1) {
    work.left -= b.length;
    if (work.left < 0) return Infinity;
    row[0] = i;
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cell = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cell = Math.min(cell, at(beforeLast, j - 2) + 1);
      row[j] = cell;
      least = Math.min(least, cell);
    }
    // No later row can come below the smallest value of this one.
    if (least > most) return Infinity;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return at(last, b.length);
}

function at(row: Uint16Array, index: number): number {
  return row[index] as number;
}
