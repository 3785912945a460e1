import { Refusal } from '../http/envelope.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import type { MakeImage } from '../images/images.ts';
import type { JobRecord } from '../jobs/jobs.ts';
import { effectAtEnd, type Standing } from '../jobs/life.ts';
import { buildAnswer } from './answers.ts';
import { buildLines, firstHalf, orderRows } from './result-layout.ts';

export type Results = ReturnType<typeof createResults>;

/**
 * Creates the results of ended jobs. They are not stored: each line is generated while it is sent. The same job always
 * gives the same bytes, so `Range` works as for any file.
 */
export function createResults(makeImage: MakeImage) {
  const layouts = new Map<string, Layout>();

  function findLayout(job: JobRecord): Layout {
    const layout = layouts.get(job.id) ?? { order: orderRows(job), lengths: [] };
    layouts.set(job.id, layout);
    return layout;
  }

  async function buildPieces(job: JobRecord, standing: Standing, position: number): Promise<Buffer[]> {
    const { order, lengths } = findLayout(job);
    const index = order[position] ?? 0;
    const row = job.rows[index];
    if (!row) return [];
    const lines = await buildLines(job, row, index, effectAtEnd(row, index, standing), makeImage);
    const pieces =
      job.shape?.cutOff && position === findLastWritten(job, standing, order) ? firstHalf(lines) : lines;
    lengths[position] = totalLength(pieces);
    return pieces;
  }

  /** The size of the whole result. Generates the rows of unknown length, one at a time. */
  async function measure(job: JobRecord, standing: Standing): Promise<number> {
    const { lengths } = findLayout(job);
    for (let position = 0; position < job.rows.length; position += 1) {
      if (lengths[position] === undefined) await buildPieces(job, standing, position);
    }
    return sum(lengths);
  }

  async function* bytes(
    job: JobRecord,
    standing: Standing,
    from: number,
    to: number,
  ): AsyncGenerator<Buffer> {
    let offset = 0;
    for (let position = 0; position < job.rows.length && offset < to; position += 1) {
      const known = findLayout(job).lengths[position];
      if (known !== undefined && offset + known <= from) {
        offset += known;
        continue;
      }
      for (const piece of await buildPieces(job, standing, position)) {
        const part = piece.subarray(Math.max(0, from - offset), Math.max(0, to - offset));
        if (part.length > 0) yield part;
        offset += piece.length;
      }
    }
  }

  /** Sends the whole result, or the part in the request's `Range`. */
  async function download(
    { headers: requestHeaders }: Pick<Exchange, 'headers'>,
    job: JobRecord,
    standing: Standing,
  ): Promise<Reply> {
    const headers = { 'content-type': 'application/jsonl', 'accept-ranges': 'bytes', etag: `"${job.id}"` };
    const { range, 'if-range': ifRange } = requestHeaders;
    if (range === undefined || (ifRange !== undefined && ifRange !== headers.etag)) {
      return { headers, stream: bytes(job, standing, 0, Number.POSITIVE_INFINITY) };
    }
    const total = await measure(job, standing);
    const { from, to } = readRange(range, total);
    return {
      status: 206,
      headers: {
        ...headers,
        'content-range': `bytes ${from}-${to - 1}/${total}`,
        'content-length': to - from,
      },
      stream: bytes(job, standing, from, to),
    };
  }

  return {
    download,
    /** The answers of an inline batch, one JSON value each. Faults of lines do not apply. */
    async *answers(job: JobRecord, standing: Standing): AsyncGenerator<Buffer> {
      for (const [index, row] of job.rows.entries()) {
        const effect = effectAtEnd(row, index, standing);
        const answer = await buildAnswer({ job, row, index, effect }, makeImage);
        if (answer.length > 0) yield Buffer.concat(answer);
      }
    },
    forget: (job: JobRecord) => layouts.delete(job.id),
  };
}

/** The position of the last row that has a line. */
function findLastWritten({ rows }: JobRecord, standing: Standing, order: readonly number[]): number {
  return order.findLastIndex((index) => {
    const row = rows[index];
    return row !== undefined && effectAtEnd(row, index, standing)?.kind !== 'missing';
  });
}

interface Layout {
  order: number[];
  /** The length of the lines of each row that was generated before, so that a Range request can skip them. */
  lengths: number[];
}

/** @throws Refusal OUT_OF_RANGE where the range is outside the file. */
function readRange(header: string, total: number): { from: number; to: number } {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  const from = first === '' ? Math.max(0, total - Number(last)) : Number(first);
  const to = first === '' || last === '' ? total : Math.min(total, Number(last) + 1);
  if ((first === '' && last === '') || from >= to) {
    throw new Refusal('OUT_OF_RANGE', `Range ${header} is not within the ${total} bytes.`);
  }
  return { from, to };
}

function totalLength(pieces: readonly Buffer[]): number {
  return sum(pieces.map((piece) => piece.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
