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
}

/** Both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A file whose text is known. */
export function textSource(file: string, text: string): TextSource {
  let starts: number[] | undefined;
  return {
    file,
    text,
    position(offset) {
      starts ??= lineStarts(text);
      const line = countUpTo(starts, offset);
      return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
    },
  };
}

/** A file that could not be read, or what a flag says in its place. */
export function textlessSource(file: string): Source {
  return { file, position: () => undefined };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
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
