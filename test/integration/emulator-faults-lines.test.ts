import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/emulator/index.ts';
import { listImages, withFaults } from './emulator-faults-kit.ts';
import { requestLine } from './emulator-kit.ts';

async function lineWith(fault: Fault, generationConfig: object = {}) {
  const world = await withFaults([fault]);
  const line = await world.onlyLine(generationConfig);
  return { line, billed: (await world.emulator.ledger()).imagesBilled };
}

async function resultWith(fault: Fault, keys: readonly string[] = ['a']) {
  const world = await withFaults([fault]);
  const { text } = await world.download(await world.endedJob(keys));
  return {
    lines: text.split('\n').slice(0, -1),
    billed: (await world.emulator.ledger()).imagesBilled,
  };
}

const readKeys = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).key);

describe('a row without an image', () => {
  it.each([1, 3, 4, 8, 13])('error: code %i, and nothing is billed', async (code) => {
    const { line, billed } = await lineWith({ fault: 'line.error', code });
    expect(line).toEqual({ key: 'a', error: { code, message: expect.any(String) } });
    expect(billed).toBe(0);
  });

  it('error: without a message, and with `status` instead of `error`', async () => {
    const { line } = await lineWith({ fault: 'line.error', code: 13, message: null, field: 'status' });
    expect(line).toEqual({ key: 'a', status: { code: 13 } });
  });

  it('error: such rows count as failed in the job', async () => {
    const { client, endedJob } = await withFaults([{ fault: 'line.error', code: 13, match: { key: '^b$' } }]);
    const { metadata } = (await client.call('GET', `/v1beta/${await endedJob()}`)).json;
    expect(metadata.batchStats).toMatchObject({ successfulRequestCount: '2', failedRequestCount: '1' });
  });

  it.each([
    ['no-parts', { content: { role: 'model' } }],
    ['empty', { content: {} }],
    ['absent', {}],
  ] as const)('refused: content that is %s', async (content, shown) => {
    const fault = { fault: 'line.refused', finishReason: 'IMAGE_RECITATION', content } as const;
    const { line, billed } = await lineWith(fault);
    expect(line.response.candidates).toEqual([{ ...shown, finishReason: 'IMAGE_RECITATION', index: 0 }]);
    expect(billed).toBe(0);
  });

  it('refused: with finishReason and finishMessage', async () => {
    const { line } = await lineWith({ fault: 'line.refused', finishReason: 'SPII', finishMessage: 'No.' });
    expect(line.response.candidates[0]).toMatchObject({ finishReason: 'SPII', finishMessage: 'No.' });
  });

  it('blocked: a promptFeedback, and no candidates', async () => {
    const { line } = await lineWith({ fault: 'line.blocked', blockReason: 'BLOCKLIST' });
    expect(line.response.promptFeedback).toEqual({ blockReason: 'BLOCKLIST' });
    expect(line.response).not.toHaveProperty('candidates');
  });

  it('null, text, missing', async () => {
    expect((await lineWith({ fault: 'line.null' })).line).toEqual({ key: 'a', response: null });
    const { line } = await lineWith({ fault: 'line.text' });
    expect(line.response.candidates[0].content.parts).toMatchObject([{ text: expect.any(String) }]);
    expect(
      (await resultWith({ fault: 'line.missing', match: { key: 'b' } }, ['a', 'b', 'c'])).lines,
    ).toHaveLength(2);
  });
});

describe('faults of an image', () => {
  it('interim-only: one image, marked as a thought, billed', async () => {
    const { line, billed } = await lineWith({ fault: 'line.interim-only' });
    expect(listImages(line).map((image) => image.thought)).toEqual([true]);
    expect(billed).toBe(1);
  });

  it('interim-first: a thought and then the image; one is billed', async () => {
    const { line, billed } = await lineWith({ fault: 'line.interim-first' });
    const images = listImages(line);
    expect(images.map((image) => image.thought)).toEqual([true, false]);
    expect(images[0]?.bytes.equals(images[1]?.bytes ?? Buffer.of())).toBe(false);
    expect(billed).toBe(1);
  });

  it('two-images: two different images, both billed, in the ledger and in usageMetadata', async () => {
    const { line, billed } = await lineWith({ fault: 'line.two-images' });
    const images = listImages(line);
    expect(images.map((image) => image.thought)).toEqual([false, false]);
    expect(images[0]?.bytes.equals(images[1]?.bytes ?? Buffer.of())).toBe(false);
    expect(billed).toBe(2);
    expect(line.response.usageMetadata.candidatesTokensDetails).toEqual([
      { modality: 'IMAGE', tokenCount: 2240 },
    ]);
  });

  it.each([
    ['line.wrong-ratio', '1:1', [1024, 341]],
    ['line.wrong-ratio', '16:9', [768, 1376]],
    ['line.wrong-size', '16:9', [688, 384]],
  ] as const)('%s: asked for %s it is %j', async (fault, aspectRatio, pixels) => {
    const { line } = await lineWith({ fault }, { imageConfig: { aspectRatio } });
    const { width, height } = await sharp(listImages(line)[0]?.bytes).metadata();
    expect([width, height]).toEqual(pixels);
  });

  it('mime: the answer claims PNG for a JPEG', async () => {
    const { line } = await lineWith({ fault: 'line.mime', mimeType: 'image/png' });
    const [image] = listImages(line);
    expect(image?.mimeType).toBe('image/png');
    expect((await sharp(image?.bytes).metadata()).format).toBe('jpeg');
  });

  it('broken-base64: invalid characters, and it is billed', async () => {
    const { line, billed } = await lineWith({ fault: 'line.broken-base64' });
    const part = line.response.candidates[0].content.parts.find((part: object) => 'inlineData' in part);
    expect(part.inlineData.data).toMatch(/^\/9j\/[^!]+!!!!!!!!![^!]+$/);
    expect(billed).toBe(1);
  });

  it('no-picture: bytes that no decoder accepts, and it is billed', async () => {
    const { line, billed } = await lineWith({ fault: 'line.no-picture' });
    await expect(sharp(listImages(line)[0]?.bytes).metadata()).rejects.toThrow('unsupported image format');
    expect(billed).toBe(1);
  });

  it('large: a line of 40 MB with a good image', { timeout: 60_000 }, async () => {
    const { line } = await lineWith({ fault: 'line.large', bytes: 40_000_000 });
    expect(JSON.stringify(line).length).toBeGreaterThan(40_000_000);
    expect((await sharp(listImages(line)[0]?.bytes).metadata()).width).toBe(1024);
  });
});

describe('faults of a line', () => {
  it('doubled: the same bytes again, billed once', async () => {
    const { lines, billed } = await resultWith({ fault: 'line.doubled', copies: 20 });
    expect(lines).toHaveLength(21);
    expect(new Set(lines).size).toBe(1);
    expect(billed).toBe(1);
  });

  it('doubled: another answer for the same key, with another image, billed too', async () => {
    const { lines, billed } = await resultWith({ fault: 'line.doubled', answer: 'other' });
    expect(readKeys(lines)).toEqual(['a', 'a']);
    const [one, other] = lines.map((line) => listImages(JSON.parse(line))[0]?.bytes);
    expect(one?.equals(other ?? Buffer.of())).toBe(false);
    expect(billed).toBe(2);
  });

  it.each(['../../x', 'a\u0000b', '__proto__', ''.padEnd(10, '🦜')])('stray: a line for %j', async (key) => {
    const { lines, billed } = await resultWith({ fault: 'line.stray', key });
    expect(readKeys(lines)).toEqual(['a', key]);
    expect(billed).toBe(2);
  });

  it('stray: a key of 10 kB', async () => {
    const { lines } = await resultWith({ fault: 'line.stray', key: 'ab', length: 10_001 });
    expect(readKeys(lines)[1]).toMatch(/^(ab){5000}a$/);
  });

  it('renamed: another key instead of its own', async () => {
    const fault = { fault: 'line.renamed', key: 'b', match: { key: '^a$' } } as const;
    expect(readKeys((await resultWith(fault, ['a', 'c'])).lines)).toEqual(['b', 'c']);
  });

  it('reversed: the fields of each object in reverse order, with the image in its place', async () => {
    const { lines } = await resultWith({ fault: 'line.reversed' });
    const line = JSON.parse(lines[0] ?? '');
    expect(Object.keys(line)).toEqual(['key', 'response']);
    expect(Object.keys(line.response)).toEqual(['responseId', 'modelVersion', 'usageMetadata', 'candidates']);
    expect((await sharp(listImages(line)[0]?.bytes).metadata()).width).toBe(1024);
  });

  it('malformed: half a line with a newline, billed, and the next line is complete', async () => {
    const fault = { fault: 'line.malformed', match: { key: 'a' } } as const;
    const { lines, billed } = await resultWith(fault, ['a', 'b']);
    expect(lines).toHaveLength(2);
    expect(() => JSON.parse(lines[0] ?? '')).toThrow(SyntaxError);
    expect(readKeys(lines.slice(1))).toEqual(['b']);
    expect(billed).toBe(2);
  });
});

describe('an answer in a field that the documentation does not have', () => {
  it('elsewhere: the image, billed', async () => {
    const { line, billed } = await lineWith({ fault: 'line.elsewhere' });
    expect(listImages(line)).toEqual([]);
    const [media] = line.response.candidates[0].content.parts.flatMap(
      (part: { media?: object }) => part.media ?? [],
    );
    expect(media).toMatchObject({ mimeType: 'image/jpeg', data: expect.any(String) });
    expect(billed).toBe(1);
  });

  it('elsewhere: the whole answer, billed', async () => {
    const { lines, billed } = await resultWith({ fault: 'line.elsewhere', of: 'answer' });
    expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual(['result', 'key']);
    expect(billed).toBe(1);
  });
});

describe('a row of an inline batch', () => {
  it('has the faults of its answer, and no faults of lines', async () => {
    const { client, emulator, pass } = await withFaults([
      { fault: 'line.two-images', match: { nth: 1 } },
      { fault: 'line.stray', key: 'x' },
    ]);
    const { request } = requestLine('a');
    const batch = { inputConfig: { requests: { requests: [{ request }, { request }] } } };
    const { json } = await client.call('POST', '/v1/models/gemini-3-pro-image:batchGenerateContent', {
      batch,
    });
    pass(100);
    const { inlinedResponses } = (await client.call('GET', `/v1/${json.name}`)).json.response
      .inlinedResponses;
    expect(inlinedResponses.map((line: object) => listImages(line).length)).toEqual([2, 1]);
    expect((await emulator.ledger()).imagesBilled).toBe(3);
  });
});

describe('the lines that a fault affects', () => {
  it('nth counts jobs: a key that succeeds only in its third', async () => {
    const { client, endedJob } = await withFaults([
      { fault: 'line.error', code: 13, match: { key: '^b$', nth: [1, 2] } },
    ]);
    const outcomes = [];
    for (let job = 0; job < 3; job += 1) {
      const lines = await client.readResult(await endedJob());
      outcomes.push(lines.map((line) => ('error' in line ? 'error' : 'image')));
    }
    expect(outcomes).toEqual([
      ['image', 'error', 'image'],
      ['image', 'error', 'image'],
      ['image', 'image', 'image'],
    ]);
  });

  it('a probability affects the same keys with the same seed, in any order of the keys', async () => {
    const KEYS = Array.from({ length: 60 }, (_, number) => `key-${number}`);
    const struck = async (seed: number, keys: readonly string[]) => {
      const { client, endedJob, setPlan } = await withFaults([]);
      await setPlan({ seed, faults: [{ fault: 'line.error', code: 13, probability: 0.3 }] });
      const lines = await client.readResult(await endedJob(keys));
      return new Set(lines.flatMap((line) => ('error' in line ? [line.key] : [])));
    };
    const first = await struck(7, KEYS);
    expect(first.size).toBeGreaterThan(5);
    expect(first.size).toBeLessThan(35);
    expect(await struck(7, KEYS.toReversed())).toEqual(first);
    expect(await struck(8, KEYS)).not.toEqual(first);
  });

  it('a result does not change when the plan is replaced', async () => {
    const { endedJob, download, setPlan } = await withFaults([
      { fault: 'line.error', code: 4, probability: 0.5 },
    ]);
    const job = await endedJob();
    const before = (await download(job)).text;
    await setPlan({ faults: [{ fault: 'line.missing' }, { fault: 'result.crlf' }] });
    expect((await download(job)).text).toBe(before);
  });

  it('the name of the job limits a fault', async () => {
    const { client, pass } = await withFaults([{ fault: 'line.missing', match: { name: 'r2$' } }]);
    const { name: file } = await client.upload(JSON.stringify(requestLine('a')));
    const [one, two] = [
      await client.createFromFile(file, undefined, { displayName: 'batch r1' }),
      await client.createFromFile(file, undefined, { displayName: 'batch r2' }),
    ];
    pass(100);
    expect(await client.readResult(one.json.name)).toHaveLength(1);
    expect(await client.readResult(two.json.name)).toHaveLength(0);
  });
});
