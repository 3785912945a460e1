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
 * Reads the pixels of a request's input images.
 *
 * @throws Refusal PERMISSION_DENIED for a file that will be gone when the job runs; FAILED_PRECONDITION for one that is
 *   not ACTIVE; INVALID_ARGUMENT for bytes that are not an image.
 */
export type ProbeReferences = (references: readonly ReferencePart[]) => Promise<Pixels[]>;

/** Creates a probe for the input images of one job. It reads each file once and keeps a copy for the job. */
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
    // Google's answer does not hold sharp's message.
    throw new Refusal('INVALID_ARGUMENT', 'Unable to process input image.');
  }
}
