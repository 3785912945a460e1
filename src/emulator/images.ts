import sharp, { type Sharp } from 'sharp';
import type { JobRecord, Jobs, Row } from './jobs.ts';
import { readLine } from './lines.ts';
import { INPUT_LINE } from './messages.ts';
import { findModel, type Model, type Pixels } from './models.ts';
import { PAD } from './padding.ts';
import { paint } from './paint.ts';
import { readFields } from './read-fields.ts';
import { type InputLine, promptOf, referencesOf } from './requests.ts';

type MimeType = Model['mimeType'];

/** The image of a row, as the base64 that stands in its line. */
export type ImageOf = (job: JobRecord, row: Row, pixels: Pixels, seed: Buffer) => Promise<Buffer>;

/** What the model's images are. */
export function mimeTypeOf(job: JobRecord): MimeType {
  return findModel(job.model)?.mimeType ?? 'image/jpeg';
}

export function createImages(jobs: Jobs): ImageOf {
  const plain = createPlainImages();
  return async (job, row, pixels, seed) =>
    job.images === 'plain'
      ? plain(mimeTypeOf(job), pixels, job.imageBytes ?? 0)
      : paintRow(jobs, job, row, pixels, seed);
}

/** Each made once and its base64 kept: a thousand lines then cost no more than copying them out. */
function createPlainImages() {
  const made = new Map<string, Promise<Buffer>>();

  async function make(mimeType: MimeType, { width, height }: Pixels, bytes: number): Promise<Buffer> {
    const background = { r: 70, g: 130, b: 180 };
    const image = sharp({ create: { width, height, channels: 3, background } });
    return toBase64(PAD[mimeType](await encode(image, mimeType), bytes));
  }

  return (mimeType: MimeType, pixels: Pixels, bytes: number): Promise<Buffer> => {
    const name = `${mimeType} ${pixels.width}x${pixels.height} ${bytes}`;
    const image = made.get(name) ?? make(mimeType, pixels, bytes);
    made.set(name, image);
    return image;
  };
}

async function paintRow(jobs: Jobs, job: JobRecord, row: Row, pixels: Pixels, seed: Buffer): Promise<Buffer> {
  const line = JSON.parse(await readLine(jobs.inputOf(job.id), row));
  const { key, request = {} } = readFields(line, INPUT_LINE, '') as InputLine;
  const references = referencesOf(request).map((reference) =>
    'fileId' in reference
      ? jobs.referenceOf(job.id, reference.fileId)
      : Buffer.from(reference.base64, 'base64'),
  );
  const scene = await paint({
    ...pixels,
    key: key ?? '',
    prompt: promptOf(request),
    caption: `emulated · ${job.model} · ${pixels.width} × ${pixels.height}`,
    references,
    seed,
  });
  return toBase64(await encode(scene, mimeTypeOf(job)));
}

function encode(image: Sharp, mimeType: MimeType): Promise<Buffer> {
  return (
    mimeType === 'image/png' ? image.png({ compressionLevel: 6 }) : image.jpeg({ quality: 88 })
  ).toBuffer();
}

function toBase64(image: Buffer): Buffer {
  return Buffer.from(image.toString('base64'), 'latin1');
}
