import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureImage } from '../../../src/activities/collecting/image.ts';
import { probeReader } from '../../../src/images/byte-probe.ts';
import { probeImageFile } from '../../../src/images/probe.ts';
import { probeImage } from '../../../src/manifest/index.ts';

const picture = () => sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } });

/** Length, name, data, and a checksum that is not verified. */
function pngChunk(name: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(name, 4, 'latin1');
  data.copy(chunk, 8);
  return chunk;
}

function box(name: string, ...content: Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + Buffer.concat(content).length);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}

/** The boxes of an HEIF file that hold its size. */
function heif(brand: string, width: number, height: number, compatible = 'mif1'): Buffer {
  const ispe = Buffer.alloc(12);
  ispe.writeUInt32BE(width, 4);
  ispe.writeUInt32BE(height, 8);
  return Buffer.concat([
    box('ftyp', Buffer.from(`${brand}\0\0\0\0${compatible}`, 'latin1')),
    box('meta', Buffer.alloc(4), box('iprp', box('ipco', box('ispe', ispe)))),
  ]);
}

describe('probing a reference', () => {
  let png: Buffer;
  let jpeg: Buffer;
  let webp: Buffer;
  beforeAll(async () => {
    png = await picture().png().toBuffer();
    jpeg = await picture().jpeg().toBuffer();
    webp = await picture().webp().toBuffer();
  });

  it('finds type and size in pixels of each format that Gemini takes', () => {
    const probed = [png, jpeg, webp, heif('heic', 40, 30), heif('mif1', 40, 30)].map((bytes) =>
      probeImage(bytes),
    );
    expect(probed).toEqual(
      [
        ['image/png', 'png'],
        ['image/jpeg', 'jpg'],
        ['image/webp', 'webp'],
        ['image/heic', 'heic'],
        ['image/heif', 'heif'],
      ].map(([mime, extension]) => ({ ok: true, image: { mime, extension, width: 40, height: 30 } })),
    );
  });

  it('accepts a JPEG with fill bytes before its markers, which ITU-T T.81 allows', () => {
    const frame = jpeg.findIndex((byte, at) => byte === 0xff && [0xc0, 0xc2].includes(jpeg[at + 1] ?? 0));
    const filled = Buffer.concat([
      jpeg.subarray(0, 2),
      Buffer.from([0xff]),
      jpeg.subarray(2, frame),
      Buffer.from([0xff, 0xff]),
      jpeg.subarray(frame),
    ]);
    const size = { width: 40, height: 30 };
    expect(probeImage(filled)).toMatchObject({ ok: true, image: { mime: 'image/jpeg', ...size } });
    expect(measureImage(filled)).toMatchObject({ mime: 'image/jpeg', ...size, bytes: filled.length });
  });

  it('reads the size of a JPEG behind any amount of metadata', () => {
    const comment = Buffer.alloc(65_537, 'x');
    comment.set([0xff, 0xfe, 0xff, 0xff]);
    const long = Buffer.concat([jpeg.subarray(0, 2), ...Array<Buffer>(140).fill(comment), jpeg.subarray(2)]);
    expect(probeImage(long)).toMatchObject({ ok: true, image: { width: 40, height: 30 } });
    expect(measureImage(long)).toMatchObject({ width: 40, height: 30 });
  });

  it('refuses a file that ends too early, wherever that is', () => {
    for (const bytes of [
      png,
      jpeg,
      webp,
      Buffer.concat([heif('heic', 8, 8), Buffer.from('\0\0\0\x20mdat'), Buffer.alloc(24)]),
    ]) {
      for (let length = 0; length < bytes.length - 12; length += 7) {
        expect(probeImage(bytes.subarray(0, length))).toMatchObject({
          ok: false,
          code: 'reference-undecodable',
        });
      }
    }
  });

  it('sees the same where it reads a file in parts, and holds no more than 8 MB of it', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const large = sharp({ create: { width: 2000, height: 1500, channels: 3, background: 'teal', noise } });
    const files = [
      png,
      jpeg,
      webp,
      await large.png().toBuffer(),
      await large.jpeg({ quality: 98 }).toBuffer(),
    ];
    files.push(heif('heic', 40, 30), heif('mif1', 8, 8, 'avif'), Buffer.alloc(40_000_000), Buffer.alloc(0));
    for (const whole of files) {
      for (const bytes of [whole, whole.subarray(0, -13), whole.subarray(0, whole.length >> 1)]) {
        const asked: number[] = [];
        const read = async (at: number, length: number) => {
          asked.push(length);
          return bytes.subarray(at, at + length);
        };
        expect(await probeReader(read, probeImageFile(bytes.length))).toEqual(probeImage(bytes));
        expect(Math.max(0, ...asked)).toBeLessThanOrEqual(8 * 2 ** 20);
      }
    }
  });

  it('is not deceived by the end mark of a thumbnail in a JPEG that is cut off', () => {
    const thumbnail = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 8]), Buffer.from('Exif\xff\xd9', 'latin1')]);
    const cut = Buffer.concat([jpeg.subarray(0, 2), thumbnail, jpeg.subarray(2, -10)]);
    expect(probeImage(cut)).toMatchObject({ ok: false, code: 'reference-undecodable' });
  });

  it('refuses animations', async () => {
    const frames = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const animation = await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer();
    const apng = Buffer.concat([png.subarray(0, 33), pngChunk('acTL', Buffer.alloc(8)), png.subarray(33)]);
    for (const bytes of [animation, apng, heif('hevc', 8, 8)]) {
      expect(probeImage(bytes)).toMatchObject({
        ok: false,
        code: 'reference-unsupported',
        message: 'It is animated.',
      });
    }
  });

  it('refuses other types of images, and what is none', async () => {
    expect(probeImage(await picture().gif().toBuffer())).toMatchObject({
      code: 'reference-unsupported',
      message: 'It is of the type GIF.',
    });
    expect(probeImage(await picture().avif().toBuffer())).toMatchObject({ code: 'reference-unsupported' });
    expect(probeImage(heif('mif1', 8, 8, 'avif'))).toMatchObject({ code: 'reference-unsupported' });
    expect(probeImage(Buffer.from('<!doctype html><p>404'))).toMatchObject({ code: 'reference-undecodable' });
    expect(probeImage(new Uint8Array())).toMatchObject({ code: 'reference-undecodable' });
  });

  it('refuses more pixels than a decoder should be given', () => {
    const sized = (width: number, height: number) => {
      const bytes = Buffer.from(png);
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      return probeImage(bytes);
    };
    expect(sized(10_000, 10_000)).toMatchObject({ ok: true });
    expect(sized(20_001, 1)).toMatchObject({ ok: false, code: 'reference-too-large' });
    expect(sized(10_001, 10_000)).toMatchObject({ ok: false, code: 'reference-too-large' });
    expect(sized(0, 10)).toMatchObject({ ok: false, code: 'reference-undecodable' });
  });
});
