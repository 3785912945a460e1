/** A file, or a flag of the command line in place of one. */
export interface Source {
  /** The file as the caller named it. */
  readonly file: string;
  /** Line and column of an offset (UTF-16 units) in the text; undefined if the source has no text. */
  position(offset: number): Position | undefined;
}

/** A source with its text. */
export interface TextSource extends Source {
  readonly text: string;
  /** The offset at which a line (from 1) begins; the last line's if there is no such line. */
  findStart(line: number): number;
}

/** Both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Only the start of every 256th line is kept: all starts of 32 MiB of line ends would take 256 MB. */
const STRIDE = 256;

/** A file with its text. Lines end with a line feed, or with a carriage return if the text has no line feed. */
export function createTextSource(file: string, text: string): TextSource {
  const end = text.includes('\n') ? '\n' : '\r';
  let lineStarts: number[] | undefined;

  /** Walks from the nearest kept line start to the last line for which `isBeforeTarget` holds. */
  const findLine = (from: number, isBeforeTarget: (line: number, start: number) => boolean) => {
    lineStarts ??= findEveryNthLine(text, end, STRIDE);
    let line = from * STRIDE + 1;
    let start = lineStarts[from] ?? 0;
    for (;;) {
      const next = text.indexOf(end, start) + 1;
      if (next === 0 || !isBeforeTarget(line + 1, next)) return { line, start };
      [line, start] = [line + 1, next];
    }
  };

  return {
    file,
    text,
    position(offset) {
      lineStarts ??= findEveryNthLine(text, end, STRIDE);
      const near = countUpTo(lineStarts, offset) - 1;
      const { line, start } = findLine(near, (_, next) => next <= offset);
      return { line, column: offset - start + 1 };
    },
    findStart(wanted) {
      lineStarts ??= findEveryNthLine(text, end, STRIDE);
      const near = Math.min(Math.floor((wanted - 1) / STRIDE), lineStarts.length - 1);
      return findLine(near, (line) => line <= wanted).start;
    },
  };
}

/** A file that cannot be read, or a flag. */
export function createSourceWithoutText(file: string): Source {
  return { file, position: () => undefined };
}

function findEveryNthLine(text: string, end: string, n: number): number[] {
  const starts = [0];
  let line = 1;
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + 1)) {
    if (line % n === 0) starts.push(at + 1);
    line += 1;
  }
  return starts;
}

/** Counts how many of these ascending numbers are at most `limit`. */
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
