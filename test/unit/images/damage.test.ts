import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { findDamage } from '../../../src/images/damage.ts';

describe('the content of an image', () => {
  test.each(['png', 'jpeg', 'webp'] as const)('in %s is undamaged as it was made', async (format) => {
    const content = await noise().toFormat(format).toBuffer();
    expect(findDamage(content, `image/${format}`)).toBeUndefined();
  });

  test.each([false, true])(
    'in PNG is damaged wherever one byte differs (interlaced: %s)',
    async (progressive) => {
      const content = await noise().png({ progressive }).toBuffer();
      for (const place of [0.3, 0.5, 0.9, 0.99]) {
        const damaged = Buffer.from(content);
        const at = Math.floor(content.length * place);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        expect(findDamage(damaged, 'image/png')).toBe('Its content is damaged.');
      }
    },
  );

  test('in PNG is undamaged beside a damaged comment and before other bytes', async () => {
    const content = await noise().png().toBuffer();
    // Behind the header, which has 33 bytes.
    const comment = chunk('tEXt', Buffer.from('Comment\0hello'));
    comment[comment.length - 1] = (comment.at(-1) ?? 0) ^ 1;
    const odd = Buffer.concat([content.subarray(0, 33), comment, content.subarray(33), Buffer.alloc(100, 7)]);
    expect(findDamage(odd, 'image/png')).toBeUndefined();
  });

  test.each([
    ['without its end', (content: Buffer) => content.subarray(0, -12)],
    [
      'with a chunk that is longer than the file',
      (content: Buffer) =>
        Buffer.concat([content.subarray(0, 33), Buffer.from([0x7f, 0xff, 0xff, 0xff]), content.subarray(37)]),
    ],
    ['that ends in its signature', (content: Buffer) => content.subarray(0, 8)],
  ])('in PNG is damaged in a file %s', async (_, change) => {
    expect(findDamage(change(await noise().png().toBuffer()), 'image/png')).toBeDefined();
  });
});

function noise(): Sharp {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width: 80, height: 60, channels: 3, background: '#369', noise } });
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
