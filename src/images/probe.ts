import { imageSize } from 'image-size';
import { type ByteProbe, probeBytes } from './byte-probe.ts';
import {
  isJpeg,
  probeHeif,
  probeJpeg,
  probeJpegSize,
  probePng,
  probeWebp,
  type State,
} from './containers.ts';
import { MAX_REFERENCE_BYTES, MAX_REFERENCE_PIXELS, MAX_REFERENCE_SIDE } from './limits.ts';

/** Type and size of a reference image. */
export interface ReferenceImage {
  /** A type that Gemini accepts: `image/png`, `image/jpeg`, `image/webp`, `image/heic`, `image/heif`. */
  mime: string;
  /** Without its dot. */
  extension: string;
  /** In pixels, as stored, before any rotation that the file asks for. */
  width: number;
  height: number;
}

export type ImageProbe =
  | { ok: true; image: ReferenceImage }
  | {
      ok: false;
      code: 'reference-undecodable' | 'reference-unsupported' | 'reference-too-large';
      message: string;
      fix: string;
    };

/**
 * The supported types, by the names that image-size returns; for HEIF that is the file's brand. From Google's list for
 * image input, ai.google.dev, November 2026.
 */
const SUPPORTED: Readonly<Record<string, { mime: string; extension: string }>> = {
  png: { mime: 'image/png', extension: 'png' },
  jpg: { mime: 'image/jpeg', extension: 'jpg' },
  webp: { mime: 'image/webp', extension: 'webp' },
  heic: { mime: 'image/heic', extension: 'heic' },
  heix: { mime: 'image/heic', extension: 'heic' },
  mif1: { mime: 'image/heif', extension: 'heif' },
};

/** Brands of HEIF files with an image sequence. */
const SEQUENCES = ['hevc', 'hevx', 'msf1'];

const IS_CUT = 'is cut off or damaged';
const CONVERT = 'Convert it to PNG, JPEG or WebP.';
const ONE_PICTURE = 'Save one frame of it as PNG, JPEG or WebP.';
const EXPORT_AGAIN = 'Export or download it again.';

/** {@link probeImageFile} for bytes. */
export function probeImage(bytes: Uint8Array): ImageProbe {
  return probeBytes(bytes, probeImageFile(bytes.length));
}

/**
 * Checks a reference: type, size in pixels, and whether the file is complete. Decodes no pixels, so that a hostile file
 * cannot use much memory. Errors in the pixel data are found later, by decoding or by Google.
 *
 * @param bytes the size of the file
 */
export function* probeImageFile(bytes: number): ByteProbe<ImageProbe> {
  if (bytes > MAX_REFERENCE_BYTES) return tooLarge(`has ${(bytes / 2 ** 20).toFixed(1)} MB`);
  const isJpegFile = isJpeg(yield { at: 0, length: 2 });
  if (isJpegFile && (yield* probeJpeg()) === 'cut') return undecodable(IS_CUT);
  const size = isJpegFile ? yield* sizeJpeg() : yield* probeSize(bytes);
  if (size === undefined) return undecodable('is not an image');
  const { width, height, type = '' } = size;
  if (SEQUENCES.includes(type)) return unsupported('is animated', ONE_PICTURE);
  const supported = type === 'mif1' && (yield* isAvif()) ? undefined : SUPPORTED[type];
  if (supported === undefined) return unsupported(`is of the type ${type.toUpperCase()}`, CONVERT);
  const state = isJpegFile ? 'whole' : yield* probeState(type, bytes);
  if (state === 'animated') return unsupported('is animated', ONE_PICTURE);
  if (state === 'cut' || !(width > 0 && height > 0)) return undecodable(IS_CUT);
  if (Math.max(width, height) > MAX_REFERENCE_SIDE || width * height > MAX_REFERENCE_PIXELS) {
    return tooLarge(`has ${width} × ${height} pixels`);
  }
  return { ok: true, image: { ...supported, width, height } };
}

function* sizeJpeg(): ByteProbe<{ width: number; height: number; type: string } | undefined> {
  const size = yield* probeJpegSize();
  return size && { ...size, type: 'jpg' };
}

/** How many bytes at the beginning are searched for the size. */
const HEAD_BYTES = [256 * 1024, 8 * 1024 * 1024];

function* probeSize(bytes: number): ByteProbe<{ width: number; height: number; type?: string } | undefined> {
  for (const length of HEAD_BYTES) {
    const size = readSize(yield { at: 0, length });
    if (size !== undefined || bytes <= length) return size;
  }
  return undefined;
}

function readSize(head: Uint8Array) {
  try {
    return imageSize(head);
  } catch (error) {
    // image-size throws a TypeError for bytes that are no image, and a RangeError for bytes that end too early.
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function probeState(type: string, bytes: number): ByteProbe<State> {
  if (type === 'png') return probePng();
  if (type === 'webp') return probeWebp(bytes);
  return probeHeif(bytes);
}

/** How many bytes of a file's first box are read: it lists four letters for each brand. */
const MAX_BRANDS_BYTES = 4096;

/** Whether a file with HEIF's general brand is AVIF: then `avif` is among its compatible brands. */
function* isAvif(): ByteProbe<boolean> {
  const box = yield { at: 0, length: MAX_BRANDS_BYTES };
  const end = new DataView(box.buffer, box.byteOffset).getUint32(0);
  return Buffer.from(box.subarray(16, end)).toString('latin1').includes('avif');
}

function undecodable(what: string): ImageProbe {
  return { ok: false, code: 'reference-undecodable', message: `It ${what}.`, fix: EXPORT_AGAIN };
}

function unsupported(what: string, fix: string): ImageProbe {
  return { ok: false, code: 'reference-unsupported', message: `It ${what}.`, fix };
}

function tooLarge(what: string): ImageProbe {
  const limits = `${MAX_REFERENCE_BYTES / 2 ** 20} MB, ${MAX_REFERENCE_SIDE} pixels a side, ${MAX_REFERENCE_PIXELS / 1e6} megapixels`;
  return {
    ok: false,
    code: 'reference-too-large',
    message: `It ${what}.`,
    fix: `Make it smaller: at most ${limits}. The model uses about 1 megapixel.`,
  };
}
