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

/**
 * Characters between two places whose line is kept: a problem's line is found by reading at most so many. Every line start
 * of 32 MiB of line ends would take 256 MB, and 200 problems at the end of one long line would read it 200 times.
 */
const STRIDE = 65_536;

/** The line that contains a place, and where it begins. */
interface Line {
  line: number;
  start: number;
}

/** A file with its text. Lines end with a line feed, or with a carriage return if the text has no line feed. */
export function createTextSource(file: string, text: string): TextSource {
  const end = text.includes('\n') ? '\n' : '\r';
  let kept: Line[] | undefined;

  /** Passes over the lines from a kept place while `isBeforeTarget` holds, and not beyond `limit`. */
  const findLine = (from: number, limit: number, isBeforeTarget: (line: number) => boolean): Line => {
    let { line, start } = kept?.[from] ?? { line: 1, start: 0 };
    const part = text.slice(from * STRIDE, limit);
    for (let at = part.indexOf(end); at !== -1 && isBeforeTarget(line + 1); at = part.indexOf(end, at + 1)) {
      line += 1;
      start = from * STRIDE + at + 1;
    }
    return { line, start };
  };

  return {
    file,
    text,
    position(offset) {
      kept ??= keepLines(text, end);
      const { line, start } = findLine(Math.floor(offset / STRIDE), offset, () => true);
      return { line, column: offset - start + 1 };
    },
    findStart(wanted) {
      kept ??= keepLines(text, end);
      const near = Math.max(
        kept.findLastIndex(({ line }) => line < wanted),
        0,
      );
      return findLine(near, text.length, (line) => line <= wanted).start;
    },
  };
}

/** A file that cannot be read, or a flag. */
export function createSourceWithoutText(file: string): Source {
  return { file, position: () => undefined };
}

/** The line of every place that is a multiple of {@link STRIDE}. */
function keepLines(text: string, end: string): Line[] {
  const kept: Line[] = [];
  let line = 1;
  let start = 0;
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + 1)) {
    while (kept.length * STRIDE <= at) kept.push({ line, start });
    line += 1;
    start = at + 1;
  }
  while (kept.length * STRIDE <= text.length) kept.push({ line, start });
  return kept;
}
