/** A file, or a flag of the command line in its place. */
export interface Source {
  /** As the caller named it. */
  readonly file: string;
  /** Of an offset into its text, UTF-16 units; nothing for what stands in no text. */
  position(offset: number): Position | undefined;
}

/** A source that was read. */
export interface TextSource extends Source {
  readonly text: string;
  /** The offset at which a line begins, from 1; of a line beyond the last one the last one's. */
  findStart(line: number): number;
}

/** Both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** The beginning of one line in so many is remembered: of 32 MiB of line ends all would take 256 MB. */
const STRIDE = 256;

/** A file whose text is known. Its lines end with a line feed; where it has none, with a carriage return. */
export function textSource(file: string, text: string): TextSource {
  const end = text.includes('\n') ? '\n' : '\r';
  let remembered: number[] | undefined;

  /** The last line, from the nearest one remembered, up to which `goOn` holds. */
  const walk = (from: number, goOn: (line: number, start: number) => boolean) => {
    remembered ??= everyNthLine(text, end, STRIDE);
    let line = from * STRIDE + 1;
    let start = remembered[from] ?? 0;
    for (;;) {
      const next = text.indexOf(end, start) + 1;
      if (next === 0 || !goOn(line + 1, next)) return { line, start };
      [line, start] = [line + 1, next];
    }
  };

  return {
    file,
    text,
    position(offset) {
      remembered ??= everyNthLine(text, end, STRIDE);
      const near = countUpTo(remembered, offset) - 1;
      const { line, start } = walk(near, (_, next) => next <= offset);
      return { line, column: offset - start + 1 };
    },
    findStart(wanted) {
      remembered ??= everyNthLine(text, end, STRIDE);
      const near = Math.min(Math.floor((wanted - 1) / STRIDE), remembered.length - 1);
      return walk(near, (line) => line <= wanted).start;
    },
  };
}

/** A file that could not be read, or what a flag says in its place. */
export function textlessSource(file: string): Source {
  return { file, position: () => undefined };
}

function everyNthLine(text: string, end: string, n: number): number[] {
  const starts = [0];
  let line = 1;
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + 1)) {
    if (line % n === 0) starts.push(at + 1);
    line += 1;
  }
  return starts;
}

/** How many of these ascending numbers are at most `limit`. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
