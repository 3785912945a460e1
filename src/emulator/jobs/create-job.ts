import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { linkOrCopy } from '../files/disk.ts';
import { checkActive, noSuchFile, randomId } from '../files/files.ts';
import type { RpcError } from '../http/envelope.ts';
import type { Model } from '../models.ts';
import { readRows } from '../rows/read-rows.ts';
import type { InputLine } from '../rows/requests.ts';
import type { World } from '../world.ts';
import type { JobRecord } from './jobs.ts';
import { computeStart } from './life.ts';

export interface NewJob {
  model: Model;
  displayName?: string;
  priority?: string;
  /** The id of an uploaded file, or inline requests. */
  input: { fileId: string } | { lines: InputLine[] };
}

/**
 * Creates a job and decides the outcome of each row, so that its result has the same bytes whenever and however often
 * it is fetched. The job keeps copies of its input and references: deleting those files later changes nothing.
 *
 * @throws Refusal PERMISSION_DENIED where there is no such input file.
 */
export async function createJob(
  world: World,
  { model, displayName, priority, input }: NewJob,
): Promise<JobRecord> {
  const { durationMs, images, imageBytes } = world.settings;
  const head = {
    id: randomId(36),
    model: model.id,
    displayName,
    priority,
    createTime: world.now(),
    durationMs,
    images,
    imageBytes,
  };
  const failure = await keepInput(world, head, input);
  const read = failure ? { rows: [], failure } : await readRows(world, model, head);
  const job = {
    ...head,
    ...read,
    ...('fileId' in input && { inputFile: `files/${input.fileId}` }),
    ...world.faults.forJob(head),
  };
  await world.jobs.save(job);
  return job;
}

/** @returns why the job will fail: its file exists now, and expires before the job starts. */
async function keepInput(
  { files, jobs }: World,
  job: Pick<JobRecord, 'id' | 'createTime' | 'durationMs'>,
  input: NewJob['input'],
): Promise<RpcError | undefined> {
  if ('lines' in input) {
    await jobs.makeFolder(job.id);
    const lines = input.lines.map((line) => `${JSON.stringify(line)}\n`);
    await pipeline(lines, createWriteStream(jobs.inputPath(job.id)));
    return undefined;
  }
  const file = await files.find(input.fileId);
  if (!file) throw noSuchFile(input.fileId);
  checkActive(file);
  await jobs.makeFolder(job.id);
  if (!(await linkOrCopy(files.contentPath(file.id), jobs.inputPath(job.id)))) throw noSuchFile(file.id);
  return file.expirationTime > computeStart(job) ? undefined : noSuchFile(file.id).toRpc();
}
