import { type ByteProbe, probeBytes } from './byte-probe.ts';

/** Whether an image file is complete and a single picture. Read from its container, without decoding pixels. */

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
/** How many bytes of a scan are searched at once. */
const WINDOW = 64 * 1024;

export type State = 'whole' | 'cut' | 'animated';

/** PNG: chunks of length, name, data and checksum up to IEND. An acTL chunk makes it an animation. */
export function* probePng(): ByteProbe<State> {
  for (let at = 8; ; ) {
    const chunk = yield { at, length: 12 };
    if (chunk.length < 12) return 'cut';
    const name = nameAt(chunk, 4);
    if (name === 'acTL') return 'animated';
    if (name === 'IEND') return 'whole';
    at += toDataView(chunk).getUint32(0) + 12;
  }
}

/** WebP: a RIFF file whose header holds its length. The second bit of an extended header's flags means "animation". */
export function* probeWebp(bytes: number): ByteProbe<State> {
  const head = yield { at: 0, length: 21 };
  if (head.length < 21 || toDataView(head).getUint32(4, true) + 8 > bytes) return 'cut';
  const flags = head[20] ?? 0;
  return nameAt(head, 12) === 'VP8X' && (flags & 0b10) !== 0 ? 'animated' : 'whole';
}

/**
 * HEIF: a sequence of boxes of length and name, whose lengths add up to the file's. Length 0 means "to the end of the
 * file".
 */
export function* probeHeif(bytes: number): ByteProbe<State> {
  let at = 0;
  while (at + 8 <= bytes) {
    const box = yield { at, length: 16 };
    const length = toDataView(box).getUint32(0);
    if (length === 0) return 'whole';
    // Length 1 means that a 64-bit length follows the name.
    const size = length === 1 && box.length >= 16 ? Number(toDataView(box).getBigUint64(8)) : length;
    if (size < 8) return 'cut';
    at += size;
  }
  return at === bytes ? 'whole' : 'cut';
}

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/**
 * JPEG: an end marker after the first scan. Not anywhere before it: a thumbnail in the Exif block has its own end
 * marker.
 */
export function* probeJpeg(): ByteProbe<State> {
  const scan = yield* findScan();
  if (scan === undefined) return 'cut';
  for (let at = scan; ; at += WINDOW - 1) {
    // Windows overlap by one byte, because the marker may lie across two of them.
    const window = yield { at, length: WINDOW };
    if (toBuffer(window).includes(END_OF_IMAGE)) return 'whole';
    if (window.length < WINDOW) return 'cut';
  }
}

/** {@link probeJpeg} for bytes. */
export function isCompleteJpeg(bytes: Uint8Array): boolean {
  return probeBytes(bytes, probeJpeg()) === 'whole';
}

/** Frame headers SOF0 to SOF15. The same range holds DHT (C4), JPG (C8) and DAC (CC), which are no frames. ITU-T T.81, table B.1. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/**
 * The size of a JPEG in pixels, as stored, from its frame header; undefined where there is none. image-size 2.1.0 is not
 * asked: it rejects a JPEG with fill bytes before a marker, which ITU-T T.81, B.1.1.2 allows.
 */
export function* probeJpegSize(): ByteProbe<{ width: number; height: number } | undefined> {
  const frame = yield* findSegment(isStartOfFrame);
  if (frame === undefined) return undefined;
  // Length (2 bytes), precision (1), lines (2), samples per line (2).
  const header = yield { at: frame.at, length: 7 };
  if (header.length < 7) return undefined;
  const view = toDataView(header);
  return { width: view.getUint16(5), height: view.getUint16(3) };
}

function* findScan(): ByteProbe<number | undefined> {
  return (yield* findSegment((marker) => marker === START_OF_SCAN))?.end;
}

/** The first segment before the end of the first scan's header whose marker is wanted: where its length begins, and its end. */
function* findSegment(
  isWanted: (marker: number) => boolean,
): ByteProbe<{ at: number; end: number } | undefined> {
  for (let at = 2; ; ) {
    const segment = yield { at, length: 4 };
    if (segment.length < 4 || segment[0] !== 0xff) return undefined;
    const marker = segment[1] ?? 0;
    // Any number of fill bytes may precede a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + toDataView(segment).getUint16(2);
    if (isWanted(marker)) return { at: at + 2, end };
    if (marker === START_OF_SCAN) return undefined;
    at = end;
  }
}

function toDataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
