import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../models.ts';

/** What a painted image shows. */
export interface Scene extends Pixels {
  key: string;
  prompt: string;
  /** The small line at the bottom. */
  caption: string;
  /** The input images, as paths or bytes. */
  references: readonly (string | Buffer)[];
  /** The source of the colours; the same seed always gives the same picture. */
  seed: Buffer;
}

const MAX_PROMPT_LINES = 4;
const MAX_THUMBNAILS = 6;
/** The width of a letter as a share of its height, in the fonts below. */
const LETTER = 0.58;
const FONT = "font-family=\"'DejaVu Sans', 'Liberation Sans', Arial, sans-serif\"";

/** Paints a picture with a card that shows the request: key, prompt, and references as thumbnails. */
export async function paint(scene: Scene): Promise<Sharp> {
  const layout = computeLayout(scene);
  const thumbnails = await Promise.all(
    layout.thumbnails.map(async ({ source, left, top }) => ({
      input: await thumbnail(source, layout.thumbnailSize),
      left,
      top,
    })),
  );
  return sharp(Buffer.from(renderSvg(scene, layout)))
    .composite(thumbnails)
    .removeAlpha();
}

type Layout = ReturnType<typeof computeLayout>;

/** Everything is measured in `em`, the height of the prompt's letters, so that the card fits every ratio and size. */
function computeLayout({ width, height, prompt, references }: Scene) {
  const em = Math.min(Math.sqrt(width * height) / 32, height / 16, width / 14);
  const margin = em * 1.2;
  const inner = width - 4 * margin;
  const lines = wrap(prompt, Math.floor(inner / (em * LETTER)), MAX_PROMPT_LINES);
  const shown = references.slice(0, Math.min(MAX_THUMBNAILS, Math.floor(inner / (em * 4))));
  const thumbnailSize = Math.round(em * 3.6);
  const strip = shown.length > 0 ? em * 4.4 : 0;
  const cardHeight = em * (3.2 + 1.35 * lines.length + 2) + strip;
  const cardTop = height - margin - cardHeight;
  const textTop = cardTop + em + strip;
  return {
    em,
    margin,
    lines,
    cardTop,
    cardHeight,
    textTop,
    thumbnailSize,
    thumbnails: shown.map((source, index) => ({
      source,
      left: Math.round(2 * margin + index * em * 4),
      top: Math.round(cardTop + em),
    })),
  };
}

function renderSvg({ width, height, key, caption, seed }: Scene, layout: Layout): string {
  const { em, margin, lines, cardTop, cardHeight, textTop } = layout;
  const byte = (index: number) => seed[index % seed.length] ?? 0;
  const hue = Math.round((byte(0) / 256) * 360);
  const circles = [0, 1, 2].map((index) => {
    const cx = (byte(index * 3 + 1) / 256) * width;
    const cy = (byte(index * 3 + 2) / 256) * cardTop;
    const r = (0.12 + byte(index * 3 + 3) / 800) * Math.max(width, height);
    return `<circle cx="${cx}" cy="${cy}" r="${r}" fill="hsl(${hue + 40 * index},80%,75%)" fill-opacity="0.35"/>`;
  });
  const x = 2 * margin;
  const text = lines.map(
    (line, index) =>
      `<text x="${x}" y="${textTop + em * (3.3 + 1.35 * index)}" font-size="${em}">${escape(line)}</text>`,
  );
  const foot = textTop + em * (3.3 + 1.35 * lines.length + 0.2);
  const keyEm = Math.min(em * 1.5, (width - 4 * margin) / (key.length * LETTER * 1.2));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<defs><linearGradient id="sky" x1="0" y1="0" x2="1" y2="1">
<stop offset="0" stop-color="hsl(${hue},65%,55%)"/><stop offset="1" stop-color="hsl(${hue + 45},65%,35%)"/>
</linearGradient></defs>
<rect width="100%" height="100%" fill="url(#sky)"/>
${circles.join('\n')}
<rect x="${margin}" y="${cardTop}" width="${width - 2 * margin}" height="${cardHeight}" rx="${em * 0.8}" fill="#fff" fill-opacity="0.92"/>
<g ${FONT} fill="#1d2433">
<text x="${x}" y="${textTop + em * 1.4}" font-size="${keyEm}" font-weight="bold">${escape(key)}</text>
${text.join('\n')}
<text x="${x}" y="${foot}" font-size="${em * 0.7}" fill="#6a7285">${escape(caption)}</text>
</g></svg>`;
}

function thumbnail(source: string | Buffer, size: number): Promise<Buffer> {
  const mask = `<svg width="${size}" height="${size}"><rect width="100%" height="100%" rx="${size / 8}"/></svg>`;
  return sharp(source)
    .rotate()
    .resize(size, size, { fit: 'cover' })
    .ensureAlpha()
    .composite([{ input: Buffer.from(mask), blend: 'dest-in' }])
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Wraps a text into lines of `letters` letters, breaking long words; a text that is too long ends in `…`. */
function wrap(text: string, letters: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((word) => splitWord(word, letters))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (measureWidth(longer) <= letters) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  lines.push(line);
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines - 1), `${(lines[maxLines - 1] ?? '').slice(0, letters - 1)}…`];
}

function splitWord(word: string, letters: number): string[] {
  const pieces = [''];
  for (const letter of word) {
    const piece = pieces.at(-1) ?? '';
    if (measureWidth(piece + letter) > letters) pieces.push(letter);
    else pieces[pieces.length - 1] = piece + letter;
  }
  return pieces;
}

/** Measures in letters; East Asian letters and emoji count twice. */
function measureWidth(text: string): number {
  return [...text].reduce((width, letter) => width + ((letter.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1), 0);
}

/** Escapes a text for XML and removes control characters, which XML does not allow. */
function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
