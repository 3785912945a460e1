import sharp from 'sharp';
import { linkOrCopy } from '../files/disk.ts';
import { checkActive, noSuchFile } from '../files/files.ts';
import { Refusal } from '../http/envelope.ts';
import type { JobRecord } from '../jobs/jobs.ts';
import { computeStart } from '../jobs/life.ts';
import type { Pixels } from '../models.ts';
import type { World } from '../world.ts';
import type { ReferencePart } from './requests.ts';

/**
 * The pixels of a request's input images.
 *
 * @throws Refusal PERMISSION_DENIED for a file that will not be there when the job runs; FAILED_PRECONDITION for one that
 * is not ACTIVE; INVALID_ARGUMENT for bytes that are no image.
 */
export type ProbeReferences = (references: readonly ReferencePart[]) => Promise<Pixels[]>;

/** Looks at the input images of one job, at each file once, and keeps those files for the job. */
export function createReferenceProbe(
  { files, jobs }: World,
  job: Pick<JobRecord, 'id' | 'createTime' | 'durationMs'>,
): ProbeReferences {
  const known = new Map<string, Pixels>();

  async function probeFile(fileId: string): Promise<Pixels> {
    const file = await files.find(fileId);
    const kept = jobs.referencePath(job.id, fileId);
    const isUsable = file !== undefined && file.expirationTime > computeStart(job);
    if (!isUsable || !(await linkOrCopy(files.contentPath(fileId), kept))) throw noSuchFile(fileId);
    checkActive(file);
    const pixels = await measure(kept);
    known.set(fileId, pixels);
    return pixels;
  }

  return async (references) => {
    const found: Pixels[] = [];
    for (const reference of references) {
      if ('base64' in reference) found.push(await measure(Buffer.from(reference.base64, 'base64')));
      else found.push(known.get(reference.fileId) ?? (await probeFile(reference.fileId)));
    }
    return found;
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
