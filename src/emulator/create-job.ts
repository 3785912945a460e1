import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { keepCopy } from './disk.ts';
import { Refusal, type RpcError, rpcError } from './envelope.ts';
import { noSuchFile, randomId } from './files.ts';
import type { JobRecord, Picture, Row } from './jobs.ts';
import { keywordIn } from './keywords.ts';
import { startOf } from './life.ts';
import { type Line, readLines } from './lines.ts';
import { type Model, nearestRatio, type Pixels, pixelsOf } from './models.ts';
import { INPUT_LINE, readFields } from './request-fields.ts';
import {
  checkRequest,
  DEFAULT_SIZE,
  type GenerateRequest,
  type InputLine,
  promptOf,
  type ReferencePart,
  referencesOf,
  wantsImage,
  wantsText,
} from './requests.ts';
import { textTokens } from './usage.ts';
import type { World } from './world.ts';

export interface NewJob {
  model: Model;
  displayName?: string;
  priority?: string;
  /** The id of an uploaded file, or the requests themselves. */
  input: { fileId: string } | { lines: InputLine[] };
}

/**
 * Makes a job and decides, row by row, what will become of it, so that its result is the same however often and
 * whenever it is fetched. The job keeps its input and the references: deleting those files later changes nothing.
 *
 * @throws Refusal PERMISSION_DENIED where there is no such input file.
 */
export async function createJob(
  world: World,
  { model, displayName, priority, input }: NewJob,
): Promise<JobRecord> {
  const { durationMs, images, imageBytes } = world.settings;
  const id = randomId(36);
  const head = {
    id,
    model: model.id,
    displayName,
    priority,
    createTime: world.now(),
    durationMs,
    images,
    imageBytes,
  };
  await keepInput(world, id, input);
  const read = await readRows(world, model, head);
  const job = { ...head, ...read, ...('fileId' in input && { inputFile: `files/${input.fileId}` }) };
  await world.jobs.save(job);
  return job;
}

async function keepInput({ files, jobs }: World, id: string, input: NewJob['input']): Promise<void> {
  if ('fileId' in input) {
    if (!(await files.find(input.fileId))) throw noSuchFile(input.fileId);
    await jobs.makeFolder(id);
    if (await keepCopy(files.contentOf(input.fileId), jobs.inputOf(id))) return;
    throw noSuchFile(input.fileId);
  }
  await jobs.makeFolder(id);
  const lines = input.lines.map((line) => `${JSON.stringify(line)}\n`);
  await pipeline(lines, createWriteStream(jobs.inputOf(id)));
}

type Head = Pick<JobRecord, 'id' | 'createTime' | 'durationMs'>;

/** One bad request costs its row; an input that is no list of requests costs the job. */
async function readRows(
  world: World,
  model: Model,
  head: Head,
): Promise<{ rows: Row[]; failure?: RpcError }> {
  const rows: Row[] = [];
  const keys = new Set<string>();
  const known = new Map<string, Pixels>();
  for await (const line of readLines(world.jobs.inputOf(head.id))) {
    const value = parseObject(line.text);
    const key = typeof value?.key === 'string' ? value.key : undefined;
    if (!value) return { rows, failure: unreadable(rows.length, 'is not a JSON object') };
    if (key !== undefined && keys.has(key))
      return { rows, failure: unreadable(rows.length, `repeats the key "${key}"`) };
    if (key !== undefined) keys.add(key);
    rows.push(await readRow(world, model, head, known, line, value));
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
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The caller says which line it is; what the parser says would quote it.
    return undefined;
  }
}

async function readRow(
  world: World,
  model: Model,
  head: Head,
  known: Map<string, Pixels>,
  { offset, length }: Line,
  value: Record<string, unknown>,
): Promise<Row> {
  const { key, metadata } = value as InputLine;
  const row: Row = {
    ...(key !== undefined && { key }),
    ...(metadata !== undefined && { metadata }),
    offset,
    length,
  };
  try {
    const read = readFields(value, INPUT_LINE, '') as InputLine;
    const request = checkRequest(read.request, model, 'request');
    const references = await lookAtReferences(world, head, known, referencesOf(request));
    return {
      ...row,
      picture: pictureOf(request, model, references),
      ...(await effectOf(world, key, request)),
    };
  } catch (error) {
    if (error instanceof Refusal) return { ...row, effect: { kind: 'error', ...error.toRpc() } };
    throw error;
  }
}

async function effectOf(
  world: World,
  key: string | undefined,
  request: GenerateRequest,
): Promise<Partial<Row>> {
  const prompt = promptOf(request);
  const keyword = keywordIn(prompt);
  if (!keyword) return wantsImage(request) ? {} : { effect: { kind: 'text' } };
  if (!keyword.once) return { effect: keyword.effect };
  const once = createHash('sha256').update(`${key}\n${prompt}`).digest('hex').slice(0, 16);
  const seen = (await world.jobs.all()).some((job) => job.rows.some((row) => row.once === once));
  return seen ? {} : { effect: keyword.effect, once };
}

function pictureOf(request: GenerateRequest, model: Model, references: readonly Pixels[]): Picture {
  const { aspectRatio, imageSize = DEFAULT_SIZE } = request.generationConfig?.imageConfig ?? {};
  const first = references[0];
  const ratio = aspectRatio ?? (first ? nearestRatio(model, first) : '1:1');
  return {
    ...pixelsOf(ratio, imageSize),
    tokens: model.tokensBySize[imageSize] ?? 0,
    promptTokens: {
      text: textTokens(promptOf(request)),
      images: references.length * model.tokensPerReference,
    },
    withText: wantsText(request),
    withThoughts: request.generationConfig?.thinkingConfig?.includeThoughts ?? false,
  };
}

/**
 * Each reference must be there when the row runs, and be an image.
 *
 * @throws Refusal PERMISSION_DENIED, or INVALID_ARGUMENT for bytes that are no image.
 */
async function lookAtReferences(
  world: World,
  head: Head,
  known: Map<string, Pixels>,
  references: readonly ReferencePart[],
): Promise<Pixels[]> {
  const seen: Pixels[] = [];
  for (const reference of references) {
    if ('base64' in reference) seen.push(await measure(Buffer.from(reference.base64, 'base64')));
    else seen.push(known.get(reference.fileId) ?? (await lookAtFile(world, head, known, reference.fileId)));
  }
  return seen;
}

async function lookAtFile(
  { files, jobs }: World,
  head: Head,
  known: Map<string, Pixels>,
  fileId: string,
): Promise<Pixels> {
  const file = await files.find(fileId);
  const there = file !== undefined && file.expirationTime > startOf(head);
  const kept = jobs.referenceOf(head.id, fileId);
  if (!there || !(await keepCopy(files.contentOf(fileId), kept))) throw noSuchFile(fileId);
  const pixels = await measure(kept);
  known.set(fileId, pixels);
  return pixels;
}

async function measure(image: Buffer | string): Promise<Pixels> {
  try {
    const { width, height } = await sharp(image).metadata();
    return { width, height };
  } catch {
    // What sharp says of the bytes is not on Google's wire.
    throw new Refusal('INVALID_ARGUMENT', 'Unable to process input image.');
  }
}
