import { checkFileId } from '../files/files.ts';
import { badField, Refusal } from '../http/envelope.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import { CREATE_BATCH } from '../http/messages.ts';
import { paginate } from '../http/paging.ts';
import { readFields } from '../http/read-fields.ts';
import { findModel, type Model } from '../models.ts';
import { checkRequest, type InputLine } from '../rows/requests.ts';
import type { World } from '../world.ts';
import { createJob, type NewJob } from './create-job.ts';
import { isListed, type JobRecord } from './jobs.ts';
import { computeStanding, hasResult, isEnded, type Standing } from './life.ts';
import { buildOperation, getResponsesFile, type Output } from './operation.ts';

export async function createBatch({ json, params }: Exchange, world: World): Promise<Reply> {
  const model = findModel(params.model ?? '');
  if (!model) {
    throw new Refusal(
      'NOT_FOUND',
      `models/${params.model} is not found for API version ${params.version}, or is not supported for batchGenerateContent.`,
    );
  }
  const { batch = {} } = readFields(await json(), CREATE_BATCH, '') as { batch?: BatchBody };
  const job = await createJob(world, {
    model,
    displayName: batch.displayName,
    priority: batch.priority === undefined ? undefined : String(batch.priority),
    input: readInput(batch, model),
  });
  // As it was made: reading the input may take longer than a short job is PENDING.
  return { json: await showOperation(job, world, job.createTime) };
}

interface BatchBody {
  displayName?: string;
  priority?: string | number;
  inputConfig?: { fileName?: string; requests?: { requests?: InputLine[] } };
}

/** Reads the input of a job. Inline requests are checked before the job is created, those of a file when it is. */
function readInput({ inputConfig = {} }: BatchBody, model: Model): NewJob['input'] {
  const { fileName, requests } = inputConfig;
  if ((fileName === undefined) === (requests === undefined)) {
    throw badField(
      'batch.input_config',
      '* BatchGenerateContentRequest.batch.input_config: exactly one source is required',
    );
  }
  if (fileName !== undefined) return { fileId: checkFileId(fileName.replace(/^files\//, '')) };
  const lines = requests?.requests ?? [];
  const path = 'batch.input_config.requests.requests';
  if (lines.length === 0) throw badField(path, `* ${path}: no requests`);
  for (const [index, line] of lines.entries()) checkRequest(line.request, model, `${path}[${index}].request`);
  return { lines };
}

export async function getBatch({ params }: Exchange, world: World): Promise<Reply> {
  const job = await requireJob(params, world);
  return { json: await showOperation(job, world) };
}

async function showOperation(job: JobRecord, world: World, now = world.now()): Promise<unknown> {
  const standing = computeStanding(job, now);
  return buildOperation(job, standing, await buildOutput(job, standing, world));
}

/** Lists jobs without the answers of inline batches. An empty list is `{}`. */
export async function listBatches({ query }: Exchange, world: World): Promise<Reply> {
  const now = world.now();
  const jobs = (await world.jobs.all()).filter((job) => isListed(job, now));
  const { entries, nextPageToken } = paginate(jobs, query);
  const operations = entries.map((job) => {
    const standing = computeStanding(job, now);
    return buildOperation(job, standing, fileOutput(job, standing, now));
  });
  return {
    json: {
      ...(operations.length > 0 && { operations }),
      ...(nextPageToken !== undefined && { nextPageToken }),
    },
  };
}

export async function cancelBatch({ params }: Exchange, world: World): Promise<Reply> {
  const job = await requireJob(params, world);
  const now = world.now();
  const standing = computeStanding(job, now);
  if (isEnded(standing)) {
    throw new Refusal('FAILED_PRECONDITION', `The batch has already ended: BATCH_STATE_${standing.state}.`);
  }
  await world.jobs.save({ ...job, cancelTime: now, cancelled: true });
  return { json: {} };
}

export async function deleteBatch({ params }: Exchange, world: World): Promise<Reply> {
  const job = await requireJob(params, world);
  await world.jobs.remove(job, world.now());
  world.results.forget(job);
  return { json: {} };
}

/** Downloads the result of a job. Uploaded files cannot be downloaded. */
export async function downloadFile(exchange: Exchange, world: World): Promise<Reply> {
  const id = exchange.params.id ?? '';
  const now = world.now();
  const job = id.startsWith('batch-') ? await world.jobs.find(id.slice('batch-'.length)) : undefined;
  const standing = job && computeStanding(job, now);
  if (job && standing && fileOutput(job, standing, now))
    return world.results.download(exchange, job, standing);
  if (await world.files.find(id)) {
    throw new Refusal(
      'FAILED_PRECONDITION',
      `File ${id} was uploaded; only generated files can be downloaded.`,
    );
  }
  throw new Refusal('NOT_FOUND', `File files/${id} was not found.`);
}

async function requireJob({ id = '' }: Exchange['params'], { jobs }: World): Promise<JobRecord> {
  const job = await jobs.find(id);
  if (job) return job;
  throw new Refusal('NOT_FOUND', `Requested entity was not found: batches/${id}`);
}

function fileOutput(job: JobRecord, standing: Standing, now: number): Output | undefined {
  if (job.inputFile === undefined || !hasResult(standing, now)) return undefined;
  return { responsesFile: getResponsesFile(job) };
}

async function buildOutput(job: JobRecord, standing: Standing, world: World): Promise<Output | undefined> {
  if (job.inputFile !== undefined || !hasResult(standing, world.now()))
    return fileOutput(job, standing, world.now());
  return { inlinedResponses: { inlinedResponses: await inlineAnswers(job, standing, world) } };
}

/**
 * Google's limit is not documented. Users report that a job of 1000 inline images answers 503 for ever; 64 MB hold
 * about a hundred.
 */
const MAX_INLINE_BYTES = 64 * 1024 * 1024;

async function inlineAnswers(job: JobRecord, standing: Standing, { results }: World): Promise<unknown[]> {
  const answers: unknown[] = [];
  let bytes = 0;
  for await (const answer of results.answers(job, standing)) {
    bytes += answer.length;
    if (bytes > MAX_INLINE_BYTES) throw new Refusal('UNAVAILABLE', 'The service is currently unavailable.');
    answers.push(JSON.parse(answer.toString('utf8')));
  }
  return answers;
}
