import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { keepCopy } from './disk.ts';
import { noSuchFile, randomId } from './files.ts';
import type { JobRecord } from './jobs.ts';
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
