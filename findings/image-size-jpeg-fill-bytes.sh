#!/usr/bin/env bash
# image-size: a JPEG with fill bytes has no size.
#
# Guess: any JPEG that decoders read has a size. Fill bytes, one or more 0xFF before a marker, are part of the
#   format since 1992, and encoders write them to align segments.
# What happens: image-size takes the fill byte for the marker and the marker for a length, and throws
#   "Corrupt JPG". libvips reads the same bytes as a whole picture.
# Versions: image-size 2.1.0 (newest in November 2026); sharp 0.35.5 as the decoder to compare with.
# Source: ITU-T T.81, B.1.1.2 ("Any marker may optionally be preceded by any number of fill bytes, which are
#   bytes assigned code X'FF'"); image-size, dist/esm/types/jpg.js.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts image-size@2.1.0 sharp@0.35.5

cat >check.mjs <<'END'
import { imageSize } from 'image-size';
import sharp from 'sharp';

const jpeg = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } }).jpeg().toBuffer();
const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
const filled = Buffer.concat([jpeg.subarray(0, frame), Buffer.from([0xff]), jpeg.subarray(frame)]);

async function measure(bytes) {
  const { info } = await sharp(bytes, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
  let size;
  try {
    const { width, height } = imageSize(bytes);
    size = `${width} x ${height}`;
  } catch (error) {
    size = `${error.name}: ${error.message}`;
  }
  return `sharp decodes ${info.width} x ${info.height}, image-size says ${size}`;
}
console.log(`plain: ${await measure(jpeg)}`);
console.log(`one fill byte before the frame: ${await measure(filled)}`);
END
seen=$(node check.mjs)
known='plain: sharp decodes 300 x 200, image-size says 300 x 200
one fill byte before the frame: sharp decodes 300 x 200, image-size says TypeError: Corrupt JPG, exceeded buffer limits'

echo 'image-size 2.1.0, sharp 0.35.5'
echo 'Guess: 300 x 200 for both files.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: a fill byte makes image-size call a sound JPEG corrupt.'
