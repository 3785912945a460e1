import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { keepCopy } from './disk.ts';
import type { RpcError } from './envelope.ts';
import { checkActive, noSuchFile, randomId } from './files.ts';
import type { JobRecord } from './jobs.ts';
import { startOf } from './life.ts';
import type { Model } from './models.ts';
import type { InputLine } from './requests.ts';
import { readRows } from './rows.ts';
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

/** @returns why the job will fail: its file is there, and gone when the job would begin. */
async function keepInput(
  { files, jobs }: World,
  job: Pick<JobRecord, 'id' | 'createTime' | 'durationMs'>,
  input: NewJob['input'],
): Promise<RpcError | undefined> {
  if ('lines' in input) {
    await jobs.makeFolder(job.id);
    const lines = input.lines.map((line) => `${JSON.stringify(line)}\n`);
    await pipeline(lines, createWriteStream(jobs.inputOf(job.id)));
    return undefined;
  }
  const file = await files.find(input.fileId);
  if (!file) throw noSuchFile(input.fileId);
  checkActive(file);
  await jobs.makeFolder(job.id);
  if (!(await keepCopy(files.contentOf(file.id), jobs.inputOf(job.id)))) throw noSuchFile(file.id);
  return file.expirationTime > startOf(job) ? undefined : noSuchFile(file.id).toRpc();
}
