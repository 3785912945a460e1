import { imageSize } from 'image-size';
import { type ByteProbe, probeBytes } from './byte-probe.ts';
import { isJpeg, probeHeif, probeJpeg, probePng, probeWebp, type State } from './containers.ts';
import { MAX_REFERENCE_BYTES, MAX_REFERENCE_PIXELS, MAX_REFERENCE_SIDE } from './limits.ts';

/** What a reference's bytes are. */
export interface ReferenceImage {
  /** What Gemini takes: `image/png`, `image/jpeg`, `image/webp`, `image/heic`, `image/heif`. */
  mime: string;
  /** Without its dot. */
  extension: string;
  /** Pixels, as stored (before any rotation that the file asks for). */
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

/** By the names that image-size gives, which for HEIF is the file's brand; Google's list for image input, ai.google.dev, 2026-11. */
const SUPPORTED: Readonly<Record<string, { mime: string; extension: string }>> = {
  png: { mime: 'image/png', extension: 'png' },
  jpg: { mime: 'image/jpeg', extension: 'jpg' },
  webp: { mime: 'image/webp', extension: 'webp' },
  heic: { mime: 'image/heic', extension: 'heic' },
  heix: { mime: 'image/heic', extension: 'heic' },
  mif1: { mime: 'image/heif', extension: 'heif' },
};

/** Brands of HEIF files that hold a sequence. */
const SEQUENCES = ['hevc', 'hevx', 'msf1'];

const CUT = 'is cut off or damaged';
const CONVERT = 'Convert it to PNG, JPEG or WebP.';
const ONE_PICTURE = 'Save one picture of it as PNG, JPEG or WebP.';
const EXPORT_AGAIN = 'Export or download it again.';

/** {@link probeImageFile}, of bytes. */
export function probeImage(bytes: Uint8Array): ImageProbe {
  return probeBytes(bytes, probeImageFile(bytes.length));
}

/**
 * Looks at the bytes of a reference: type, pixels, and whether it is complete. It decodes no pixels, so that nothing in
 * a file can use memory; what is wrong deep inside is found by Google.
 *
 * @param bytes how many there are
 */
export function* probeImageFile(bytes: number): ByteProbe<ImageProbe> {
  if (bytes > MAX_REFERENCE_BYTES) return tooLarge(`has ${(bytes / 2 ** 20).toFixed(1)} MB`);
  // First, because image-size goes byte by byte through a JPEG without segments: seconds for 30 MB.
  const start = yield { at: 0, length: 2 };
  if (isJpeg(start) && (yield* probeJpeg()) === 'cut') return undecodable(CUT);
  const size = yield* probeSize(bytes);
  if (size === undefined) return undecodable('is no image');
  const { width, height, type = '' } = size;
  if (SEQUENCES.includes(type)) return unsupported('is animated', ONE_PICTURE);
  const supported = type === 'mif1' && (yield* isAvif()) ? undefined : SUPPORTED[type];
  if (supported === undefined) return unsupported(`is of the type ${type.toUpperCase()}`, CONVERT);
  const state = yield* probeState(type, bytes);
  if (state === 'animated') return unsupported('is animated', ONE_PICTURE);
  if (state === 'cut' || !(width > 0 && height > 0)) return undecodable(CUT);
  if (Math.max(width, height) > MAX_REFERENCE_SIDE || width * height > MAX_REFERENCE_PIXELS) {
    return tooLarge(`has ${width} × ${height} pixels`);
  }
  return { ok: true, image: { ...supported, width, height } };
}

/** In which pixels are looked for, bytes: they stand at the beginning, but behind all that a JPEG says of itself. */
const HEADS = [256 * 1024, 8 * 1024 * 1024];

function* probeSize(bytes: number): ByteProbe<{ width: number; height: number; type?: string } | undefined> {
  for (const length of HEADS) {
    const size = sizeIn(yield { at: 0, length });
    if (size !== undefined || bytes <= length) return size;
  }
  return undefined;
}

function sizeIn(head: Uint8Array) {
  try {
    return imageSize(head);
  } catch (error) {
    // A TypeError says that it is no image, a RangeError that it ends too early.
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function probeState(type: string, bytes: number): ByteProbe<State> {
  if (type === 'png') return probePng();
  if (type === 'webp') return probeWebp(bytes);
  return type === 'jpg' ? probeJpeg() : probeHeif(bytes);
}

/** The most of a file's first box that is looked at, bytes: it lists four letters for each brand. */
const BRANDS = 4096;

/** AVIF may come under HEIF's general brand and say what it is only among the compatible ones. */
function* isAvif(): ByteProbe<boolean> {
  const box = yield { at: 0, length: BRANDS };
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
    fix: `Make it smaller: at most ${limits}. The model looks at about 1 megapixel.`,
  };
}
