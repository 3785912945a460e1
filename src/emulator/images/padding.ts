import { crc32 } from 'node:zlib';

/** Makes an image file longer, by format, without changing its picture. Never makes it shorter. */
export const PADDERS = { 'image/jpeg': padJpeg, 'image/png': padPng } as const;

const COMMENT_HEAD = 4;
/** The marker, and what its 16-bit length can count. */
const MAX_COMMENT = 2 + 0xffff;

/** Adds comment segments after the start-of-image marker. Fewer than 4 bytes cannot be filled. */
function padJpeg(image: Buffer, bytes: number): Buffer {
  const segments: Buffer[] = [];
  let left = bytes - image.length;
  while (left >= COMMENT_HEAD) {
    const rest = left - Math.min(left, MAX_COMMENT);
    // The remaining bytes must be none or enough for another segment.
    const length = Math.min(left, MAX_COMMENT) - (rest > 0 && rest < COMMENT_HEAD ? COMMENT_HEAD : 0);
    const segment = Buffer.alloc(length);
    segment.writeUInt16BE(0xfffe, 0);
    segment.writeUInt16BE(length - 2, 2);
    segments.push(segment);
    left -= length;
  }
  return Buffer.concat([image.subarray(0, 2), ...segments, image.subarray(2)]);
}

/** Length, type and checksum of a chunk. */
const CHUNK_FRAME = 12;

/** Adds one private chunk before the end chunk. Its letter case marks it as optional and safe to copy. */
function padPng(image: Buffer, bytes: number): Buffer {
  const length = bytes - image.length;
  if (length < CHUNK_FRAME) return image;
  const chunk = Buffer.alloc(length);
  chunk.writeUInt32BE(length - CHUNK_FRAME, 0);
  chunk.write('paDd', 4, 'latin1');
  chunk.writeUInt32BE(crc32(chunk.subarray(4, length - 4)), length - 4);
  const end = image.length - CHUNK_FRAME;
  return Buffer.concat([image.subarray(0, end), chunk, image.subarray(end)]);
}
