#!/usr/bin/env bash
# image-size: a cropped AVIF or HEIC is one pixel narrower than it is stored, and not cropped.
#
# Guess: for a file with a clean aperture (`clap`, a crop that cameras and editors store in place of new pixels)
#   the answer is either the cropped or the stored size.
# What happens: the width is the stored width less the *denominator* of the aperture's width, which is 1 in
#   practice; the height is the stored one. 300 x 200 cropped to 200 x 100 is reported as 299 x 200.
# Versions: image-size 2.1.0 (newest in November 2026); sharp 0.35.5 (libheif) as the decoder to compare with.
# Source: ISO/IEC 14496-12, CleanApertureBox: widthN, widthD, heightN, heightD, …; image-size,
#   dist/esm/types/heif.js reads the second field as "cropRight".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts image-size@2.1.0 sharp@0.35.5

cat >check.mjs <<'END'
import { imageSize } from 'image-size';
import sharp from 'sharp';

const plain = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } }).avif().toBuffer();
const at = (bytes, type) => bytes.indexOf(type, 0, 'latin1') - 4;
const length = (bytes, type) => bytes.readUInt32BE(at(bytes, type));
const words = (...values) => Buffer.concat(values.map((value) => Buffer.from([0, 0, value >> 8, value & 255])));

// Adds a crop to 200 x 100 in the middle: a `clap` property at the end of `ipco`, and the item's link to it in `ipma`.
const properties = { start: at(plain, 'ipco') + 8, end: at(plain, 'ipco') + length(plain, 'ipco') };
let count = 0;
for (let box = properties.start; box < properties.end; box += plain.readUInt32BE(box)) count += 1;
const clap = Buffer.concat([words(40), Buffer.from('clap'), words(200, 1, 100, 1, 0, 1, 0, 1)]);
const links = at(plain, 'ipma') + length(plain, 'ipma');
const parts = [plain.subarray(0, properties.end), clap, plain.subarray(properties.end, links)];
const cropped = Buffer.concat([...parts, Buffer.from([0x80 | (count + 1)]), plain.subarray(links)]);
cropped[at(cropped, 'ipma') + 18] += 1;
for (const [type, more] of [['ipma', 1], ['ipco', 40], ['iprp', 41], ['meta', 41]]) {
  cropped.writeUInt32BE(length(cropped, type) + more, at(cropped, type));
}
// The picture's bytes moved by 41: `iloc` says where they begin.
const where = cropped.indexOf(words(at(plain, 'mdat') + 8), at(cropped, 'iloc'));
cropped.writeUInt32BE(cropped.readUInt32BE(where) + 41, where);

for (const [name, bytes] of Object.entries({ plain, cropped })) {
  const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = imageSize(bytes);
  console.log(`${name}: sharp decodes ${info.width} x ${info.height}, image-size says ${width} x ${height}`);
}
END
seen=$(node check.mjs)
known='plain: sharp decodes 300 x 200, image-size says 300 x 200
cropped: sharp decodes 200 x 100, image-size says 299 x 200'

echo 'image-size 2.1.0, sharp 0.35.5'
echo 'Guess: 200 x 100, or 300 x 200, for the cropped file.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: neither the cropped nor the stored size.'
