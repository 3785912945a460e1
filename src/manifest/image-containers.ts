/** Whether an image file is whole, and one picture: read from its container, without decoding anything. */

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

export type State = 'whole' | 'cut' | 'animated';

/** PNG: chunks of length, name, data, checksum up to IEND; an acTL chunk makes it an animation. */
export function lookAtPng(bytes: Uint8Array): State {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const name = nameAt(bytes, at + 4);
    if (name === 'acTL') return 'animated';
    if (name === 'IEND') return 'whole';
    at += view.getUint32(at) + 12;
  }
  return 'cut';
}

/** WebP: a RIFF file whose header names its length; the second bit of an extended header's flags is "animation". */
export function lookAtWebp(bytes: Uint8Array): State {
  if (bytes.length < 21 || viewOf(bytes).getUint32(4, true) + 8 > bytes.length) return 'cut';
  const flags = bytes[20] ?? 0;
  return nameAt(bytes, 12) === 'VP8X' && (flags & 0b10) !== 0 ? 'animated' : 'whole';
}

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/** HEIF: boxes of length and name, one behind the other, whose lengths come to the file's. Length 0 means "to the end". */
export function lookAtHeif(bytes: Uint8Array): State {
  const view = viewOf(bytes);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = view.getUint32(at);
    if (length === 0) return 'whole';
    // Length 1 means that 64 bits with the length follow the name.
    const size = length === 1 && at + 16 <= bytes.length ? Number(view.getBigUint64(at + 8)) : length;
    if (size < 8) return 'cut';
    at += size;
  }
  return at === bytes.length ? 'whole' : 'cut';
}

/** JPEG: an end mark behind the first scan. Not just anywhere: a thumbnail in the Exif block has one of its own. */
export function isCompleteJpeg(bytes: Uint8Array): boolean {
  const scan = scanOf(bytes);
  if (scan === undefined) return false;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.indexOf(END_OF_IMAGE, scan) !== -1;
}

function scanOf(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) return undefined;
    // A marker may be preceded by any number of fill bytes.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === START_OF_SCAN) return end;
    at = end;
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
