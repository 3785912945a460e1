import { answerBytes } from './answers.ts';
import { Refusal } from './envelope.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { ImageOf } from './images.ts';
import type { JobRecord } from './jobs.ts';
import { effectAtEnd, type Standing } from './life.ts';

const NEWLINE = Buffer.from('\n');

export type Results = ReturnType<typeof createResults>;

/**
 * The result of an ended job. It is nowhere: each line is made while it is sent, and because the same job always gives
 * the same bytes, a part of it can be asked for (`Range`) as of any file.
 */
export function createResults(imageOf: ImageOf) {
  /** The length of each line that was made before, so that a Range need not make the lines in front of it again. */
  const lengthsByJob = new Map<string, number[]>();

  function lengthsOf(job: JobRecord): number[] {
    const lengths = lengthsByJob.get(job.id) ?? [];
    lengthsByJob.set(job.id, lengths);
    return lengths;
  }

  async function lineAt(job: JobRecord, standing: Standing, index: number): Promise<Buffer[]> {
    const row = job.rows[index];
    if (!row) return [];
    const answer = await answerBytes(job, row, index, effectAtEnd(row, index, standing), imageOf);
    const line = answer.length === 0 ? [] : [...answer, NEWLINE];
    lengthsOf(job)[index] = totalLength(line);
    return line;
  }

  /** How long the whole is; makes the lines whose length nobody knows yet, one at a time. */
  async function measure(job: JobRecord, standing: Standing): Promise<number> {
    const lengths = lengthsOf(job);
    for (let index = 0; index < job.rows.length; index += 1) {
      if (lengths[index] === undefined) await lineAt(job, standing, index);
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
    for (let index = 0; index < job.rows.length && offset < to; index += 1) {
      const known = lengthsOf(job)[index];
      if (known !== undefined && offset + known <= from) {
        offset += known;
        continue;
      }
      for (const piece of await lineAt(job, standing, index)) {
        const part = piece.subarray(Math.max(0, from - offset), Math.max(0, to - offset));
        if (part.length > 0) yield part;
        offset += piece.length;
      }
    }
  }

  /** The whole result, or the part that the request's `Range` names. */
  async function download(
    { request }: Pick<Exchange, 'request'>,
    job: JobRecord,
    standing: Standing,
  ): Promise<Reply> {
    const headers = { 'content-type': 'application/jsonl', 'accept-ranges': 'bytes', etag: `"${job.id}"` };
    const { range, 'if-range': ifRange } = request.headers;
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
    /** The answers as JSON values, for those who had them inline. */
    async *answers(job: JobRecord, standing: Standing): AsyncGenerator<Buffer> {
      for (let index = 0; index < job.rows.length; index += 1) {
        const line = await lineAt(job, standing, index);
        if (line.length > 0) yield Buffer.concat(line);
      }
    },
    forget: (job: JobRecord) => lengthsByJob.delete(job.id),
  };
}

/** @throws Refusal OUT_OF_RANGE where nothing of the file is in the range. */
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
