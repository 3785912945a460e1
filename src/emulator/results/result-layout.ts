import { createHash } from 'node:crypto';
import type { MakeImage } from '../images/images.ts';
import type { JobRecord, Row } from '../jobs/jobs.ts';
import type { Effect, ExtraLine, ResultShape } from '../rows/effects.ts';
import { buildAnswer } from './answers.ts';

/** The order of the rows in the result file, by their positions in the job. */
export function orderRows({ rows, shape = {} }: JobRecord): number[] {
  const order = [...rows.keys()];
  if (shape.shuffle === undefined) return order;
  const rank = order.map((index) => createHash('sha256').update(`${shape.shuffle} ${index}`).digest('hex'));
  return order.sort((one, other) => ((rank[one] ?? '') < (rank[other] ?? '') ? -1 : 1));
}

/** Builds the lines of one row, with newlines. Almost always one line. */
export async function buildLines(
  job: JobRecord,
  row: Row,
  index: number,
  effect: Effect | undefined,
  makeImage: MakeImage,
): Promise<Buffer[]> {
  const { key, extra = [], malformed } = row.shape ?? {};
  const lines: ExtraLine[] = [{ ...(key !== undefined && { key }), variant: 0 }, ...extra];
  const pieces: Buffer[] = [];
  for (const line of lines) {
    const answer = await buildAnswer({ job, row, index, effect, ...line }, makeImage);
    if (answer.length > 0) pieces.push(...(malformed ? firstHalf(answer) : answer), chooseNewline(job.shape));
  }
  return pieces;
}

function chooseNewline({ crlf, blankLines }: ResultShape = {}): Buffer {
  return Buffer.from((crlf ? '\r\n' : '\n').repeat(blankLines ? 2 : 1));
}

/** The first half of the bytes. */
export function firstHalf(pieces: readonly Buffer[]): Buffer[] {
  let left = pieces.reduce((total, piece) => total + piece.length, 0) >> 1;
  return pieces.map((piece) => {
    const kept = piece.subarray(0, left);
    left -= kept.length;
    return kept;
  });
}
