import { createHash } from 'node:crypto';
import { type Line, readLines } from '../files/lines.ts';
import { Refusal, type RpcError, rpcError } from '../http/envelope.ts';
import { INPUT_LINE } from '../http/messages.ts';
import { readFields } from '../http/read-fields.ts';
import type { JobRecord, Jobs, Picture, Row } from '../jobs/jobs.ts';
import { computePixels, type Model, nearestRatio, type Pixels } from '../models.ts';
import { textTokens } from '../results/usage.ts';
import type { World } from '../world.ts';
import { findKeyword } from './keywords.ts';
import { createReferenceProbe, type ProbeReferences } from './references.ts';
import {
  checkRequest,
  DEFAULT_SIZE,
  type GenerateRequest,
  type InputLine,
  readPrompt,
  readReferences,
  wantsImage,
  wantsText,
} from './requests.ts';

/** What is needed to read the rows of one job. */
interface RowContext {
  model: Model;
  probeReferences: ProbeReferences;
  /** The `once` marks of rows that failed in an earlier job. */
  failedBefore: () => Promise<ReadonlySet<string>>;
  /** The faults of a row that would get an answer. */
  chooseFault: (key: string | undefined, picture: Picture) => Pick<Row, 'effect' | 'shape'>;
}

/**
 * Reads the rows of a job's input. A bad request fails its row; an input that is not a list of requests fails the job.
 */
export async function readRows(
  world: World,
  model: Model,
  job: Pick<JobRecord, 'id' | 'displayName' | 'createTime' | 'durationMs'>,
): Promise<{ rows: Row[]; failure?: RpcError }> {
  const context: RowContext = {
    model,
    probeReferences: createReferenceProbe(world, job),
    failedBefore: failuresBefore(world.jobs),
    chooseFault: (key, picture) => world.faults.forLine(job, key, picture),
  };
  const rows: Row[] = [];
  const keys = new Set<string>();
  for await (const line of readLines(world.jobs.inputPath(job.id))) {
    const value = parseObject(line.text);
    if (!value) return { rows, failure: unreadable(rows.length, 'is not a JSON object') };
    const key = typeof value.key === 'string' ? value.key : undefined;
    if (key !== undefined && keys.has(key)) {
      return { rows, failure: unreadable(rows.length, `repeats the key "${key}"`) };
    }
    if (key !== undefined) keys.add(key);
    rows.push(await readRow(context, line, key, value));
  }
  if (rows.length === 0) return { rows, failure: rpcError('INVALID_ARGUMENT', 'The input has no requests.') };
  return { rows };
}

function unreadable(index: number, what: string): RpcError {
  return rpcError('INVALID_ARGUMENT', `Line ${index + 1} of the input file ${what}.`);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The caller names the line; the parser's message would quote its content.
    return undefined;
  }
}

async function readRow(
  { model, probeReferences, failedBefore, chooseFault }: RowContext,
  { offset, length }: Line,
  key: string | undefined,
  value: Record<string, unknown>,
): Promise<Row> {
  const { metadata } = value;
  const row = {
    ...(key !== undefined && { key }),
    ...(metadata !== undefined && { metadata }),
    offset,
    length,
  };
  try {
    const read = readFields(value, INPUT_LINE, '') as InputLine;
    const request = checkRequest(read.request, model, 'request');
    const picture = planPicture(request, model, await probeReferences(readReferences(request)));
    return {
      ...row,
      picture,
      ...(await chooseEffect(request, key, failedBefore)),
      ...chooseFault(key, picture),
    };
  } catch (error) {
    if (error instanceof Refusal) return { ...row, effect: { kind: 'error', ...error.toRpc() } };
    throw error;
  }
}

async function chooseEffect(
  request: GenerateRequest,
  key: string | undefined,
  failedBefore: RowContext['failedBefore'],
): Promise<Pick<Row, 'effect' | 'once'>> {
  const prompt = readPrompt(request);
  const keyword = findKeyword(prompt);
  if (!keyword) return wantsImage(request) ? {} : { effect: { kind: 'text' } };
  if (!keyword.once) return { effect: keyword.effect };
  const once = createHash('sha256').update(`${key}\n${prompt}`).digest('hex').slice(0, 16);
  return (await failedBefore()).has(once) ? {} : { effect: keyword.effect, once };
}

/** Reads all jobs, and therefore only when the first row needs it. */
function failuresBefore(jobs: Jobs): RowContext['failedBefore'] {
  let marks: Promise<ReadonlySet<string>> | undefined;
  const read = async () =>
    new Set((await jobs.all()).flatMap((job) => job.rows.flatMap((row) => row.once ?? [])));
  return () => {
    marks ??= read();
    return marks;
  };
}

function planPicture(request: GenerateRequest, model: Model, references: readonly Pixels[]): Picture {
  const { aspectRatio, imageSize = DEFAULT_SIZE } = request.generationConfig?.imageConfig ?? {};
  const first = references[0];
  const ratio = aspectRatio ?? (first ? nearestRatio(model, first) : '1:1');
  return {
    ...computePixels(ratio, imageSize),
    tokens: model.tokensBySize[imageSize] ?? 0,
    promptTokens: {
      text: textTokens(readPrompt(request)),
      images: references.length * model.tokensPerReference,
    },
    withText: wantsText(request),
    withThoughts: request.generationConfig?.thinkingConfig?.includeThoughts ?? false,
  };
}
