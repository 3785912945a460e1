import sharp from 'sharp';
import { keepCopy } from './disk.ts';
import { Refusal } from './envelope.ts';
import { checkActive, noSuchFile } from './files.ts';
import type { JobRecord } from './jobs.ts';
import { startOf } from './life.ts';
import type { Pixels } from './models.ts';
import type { ReferencePart } from './requests.ts';
import type { World } from './world.ts';

/**
 * The pixels of a request's input images.
 *
 * @throws Refusal PERMISSION_DENIED for a file that will not be there when the job runs; FAILED_PRECONDITION for one that
 * is not ACTIVE; INVALID_ARGUMENT for bytes that are no image.
 */
export type LookAt = (references: readonly ReferencePart[]) => Promise<Pixels[]>;

/** Looks at the input images of one job, at each file once, and keeps those files for the job. */
export function referenceReader(
  { files, jobs }: World,
  job: Pick<JobRecord, 'id' | 'createTime' | 'durationMs'>,
): LookAt {
  const known = new Map<string, Pixels>();

  async function lookAtFile(fileId: string): Promise<Pixels> {
    const file = await files.find(fileId);
    const kept = jobs.referenceOf(job.id, fileId);
    const lasts = file !== undefined && file.expirationTime > startOf(job);
    if (!lasts || !(await keepCopy(files.contentOf(fileId), kept))) throw noSuchFile(fileId);
    checkActive(file);
    const pixels = await measure(kept);
    known.set(fileId, pixels);
    return pixels;
  }

  return async (references) => {
    const seen: Pixels[] = [];
    for (const reference of references) {
      if ('base64' in reference) seen.push(await measure(Buffer.from(reference.base64, 'base64')));
      else seen.push(known.get(reference.fileId) ?? (await lookAtFile(reference.fileId)));
    }
    return seen;
  };
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
