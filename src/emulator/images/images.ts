import sharp, { type Sharp } from 'sharp';
import { readLine } from '../files/lines.ts';
import { INPUT_LINE } from '../http/messages.ts';
import { readFields } from '../http/read-fields.ts';
import type { JobRecord, Jobs, Row } from '../jobs/jobs.ts';
import { findModel, type Model, type Pixels } from '../models.ts';
import type { ImageSpec } from '../rows/effects.ts';
import { type InputLine, readPrompt, readReferences } from '../rows/requests.ts';
import { PADDERS } from './padding.ts';
import { paint } from './paint.ts';

type MimeType = Model['mimeType'];

/** Makes an image of a row, as base64. */
export type MakeImage = (job: JobRecord, row: Row, image: WantedImage) => Promise<Buffer>;

export interface WantedImage {
  pixels: Pixels;
  /** Padded to at least this many bytes. */
  bytes?: number;
  broken?: ImageSpec['broken'];
  /** 0 for the first image of a row; other numbers give other images. */
  variant: number;
  /** The source of the colours of painted images. */
  seed: Buffer;
}

/** The type of the model's images. */
export function chooseMimeType(job: JobRecord): MimeType {
  return findModel(job.model)?.mimeType ?? 'image/jpeg';
}

export function createImages(jobs: Jobs): MakeImage {
  const plain = createPlainImages();
  return async (job, row, image) => {
    if (image.broken === 'picture') return NO_PICTURE;
    const base64 =
      job.images === 'plain'
        ? await plain(chooseMimeType(job), job, image)
        : await paintRow(jobs, job, row, image);
    return image.broken === 'base64' ? breakBase64(base64) : base64;
  };
}

const NO_PICTURE = toBase64(Buffer.from('These bytes are not an image. '.repeat(100)));

/** Replaces characters in the middle with ones that are not base64; most decoders skip them silently. */
function breakBase64(base64: Buffer): Buffer {
  const broken = Buffer.from(base64);
  return broken.fill('!', broken.length >> 1, (broken.length >> 1) + 9);
}

const COLOURS = [
  { r: 70, g: 130, b: 180 },
  { r: 180, g: 90, b: 60 },
  { r: 60, g: 150, b: 90 },
] as const;

/** Makes each plain image once and keeps its base64, so that a thousand lines only cost copying. */
function createPlainImages() {
  const made = new Map<string, Promise<Buffer>>();

  async function make(
    mimeType: MimeType,
    { width, height }: Pixels,
    bytes: number,
    background: (typeof COLOURS)[number],
  ): Promise<Buffer> {
    const image = sharp({ create: { width, height, channels: 3, background } });
    return toBase64(PADDERS[mimeType](await encode(image, mimeType), bytes));
  }

  return (mimeType: MimeType, { imageBytes = 0 }: JobRecord, wanted: WantedImage): Promise<Buffer> => {
    const { pixels, bytes = imageBytes } = wanted;
    const colour = wanted.variant % COLOURS.length;
    const name = `${mimeType} ${pixels.width}x${pixels.height} ${bytes} ${colour}`;
    const image = made.get(name) ?? make(mimeType, pixels, bytes, COLOURS[colour] ?? COLOURS[0]);
    made.set(name, image);
    return image;
  };
}

async function paintRow(
  jobs: Jobs,
  job: JobRecord,
  row: Row,
  { pixels, bytes = 0, seed, variant }: WantedImage,
): Promise<Buffer> {
  const line = JSON.parse(await readLine(jobs.inputPath(job.id), row));
  const { key, request = {} } = readFields(line, INPUT_LINE, '') as InputLine;
  const references = readReferences(request).map((reference) =>
    'fileId' in reference
      ? jobs.referencePath(job.id, reference.fileId)
      : Buffer.from(reference.base64, 'base64'),
  );
  const scene = await paint({
    ...pixels,
    key: key ?? '',
    prompt: readPrompt(request),
    caption: `emulated · ${job.model} · ${pixels.width} × ${pixels.height}`,
    references,
    // Another part of the seed gives other colours.
    seed: seed.subarray(variant * 10),
  });
  const mimeType = chooseMimeType(job);
  return toBase64(PADDERS[mimeType](await encode(scene, mimeType), bytes));
}

function encode(image: Sharp, mimeType: MimeType): Promise<Buffer> {
  return (
    mimeType === 'image/png' ? image.png({ compressionLevel: 6 }) : image.jpeg({ quality: 88 })
  ).toBuffer();
}

function toBase64(image: Buffer): Buffer {
  return Buffer.from(image.toString('base64'), 'latin1');
}
