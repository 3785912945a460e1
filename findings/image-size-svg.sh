#!/usr/bin/env bash
# image-size: the size of an SVG depends on how it is written.
#
# Guess: SVGs that every renderer draws at 300 x 200 have that size, or an error is thrown.
# What happens: commas in viewBox give an object with neither width nor height and no error; two spaces give a wrong
#   size, 0 x 300; a line break is "Invalid SVG"; and an <svg> inside a comment is measured in place of the real one.
# Versions: image-size 2.1.0 (newest in November 2026); sharp 0.35.5 as the renderer to compare with.
# Source: SVG 2, 8.2 (viewBox: four numbers separated by whitespace and/or a comma); image-size, dist/esm/types/svg.js
#   (splits viewBox at single spaces, finds the root by an expression).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts image-size@2.1.0 sharp@0.35.5

cat >check.mjs <<'END'
import { imageSize } from 'image-size';
import sharp from 'sharp';

const xmlns = 'http://www.w3.org/2000/svg';
const files = {
  plain: `<svg xmlns="${xmlns}" viewBox="0 0 300 200"/>`,
  commas: `<svg xmlns="${xmlns}" viewBox="0,0,300,200"/>`,
  'two spaces': `<svg xmlns="${xmlns}" viewBox="0  0 300 200"/>`,
  'line break': `<svg xmlns="${xmlns}" viewBox="0 0\n300 200"/>`,
  comment: `<!-- was <svg width="1" height="2"> --><svg xmlns="${xmlns}" width="300" height="200"/>`,
};
for (const [name, text] of Object.entries(files)) {
  const rendered = await sharp(Buffer.from(text)).metadata();
  let size;
  try {
    const { width, height } = imageSize(Buffer.from(text));
    size = `${width} x ${height}`;
  } catch (error) {
    size = error.message;
  }
  console.log(`${name}: renders as ${rendered.width} x ${rendered.height}, image-size says ${size}`);
}
END
seen=$(node check.mjs)
known='plain: renders as 300 x 200, image-size says 300 x 200
commas: renders as 300 x 200, image-size says undefined x undefined
two spaces: renders as 300 x 200, image-size says 0 x 300
line break: renders as 300 x 200, image-size says Invalid SVG
comment: renders as 300 x 200, image-size says 1 x 2'

echo 'image-size 2.1.0, sharp 0.35.5'
echo 'Guess: 300 x 200 for each.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: a wrong size and a missing size, without an error.'
