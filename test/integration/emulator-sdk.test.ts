import { type BatchJob, GoogleGenAI } from '@google/genai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { getImage, requestLine } from './emulator-kit.ts';

const PRO = 'gemini-3-pro-image';

describe('@google/genai runs a whole batch against the emulator', () => {
  let emulator: Emulator;
  let ai: GoogleGenAI;

  beforeAll(async () => {
    emulator = await createEmulator({ jobSeconds: 0.4 });
    ai = new GoogleGenAI({ apiKey: 'any-key', httpOptions: { baseUrl: emulator.url } });
  });
  afterAll(() => emulator.close());

  async function ended(name: string): Promise<BatchJob> {
    await expect.poll(async () => (await ai.batches.get({ name })).state).toBe('JOB_STATE_SUCCEEDED');
    return ai.batches.get({ name });
  }

  it('by file: uploads, creates, polls, downloads, and every image has the requested pixels', async () => {
    const png = await sharp({ create: { width: 1200, height: 700, channels: 3, background: '#c84' } })
      .png()
      .toBuffer();
    const reference = await ai.files.upload({ file: new Blob([png]), config: { mimeType: 'image/png' } });
    const fileData = { fileUri: reference.uri, mimeType: 'image/png' };
    const wanted = { 'a#1': [1024, 1024], 'b#1': [768, 1376], 'c#1': [2400, 1792], 'd#1': [1376, 768] };
    const lines = [
      requestLine('a#1'),
      requestLine('b#1', 'tall', { imageConfig: { aspectRatio: '9:16', imageSize: '1K' } }),
      requestLine('c#1', 'large', { imageConfig: { aspectRatio: '4:3', imageSize: '2K' } }),
      requestLine('d#1', 'as wide as the input image', {}, [{ fileData }]),
    ];
    const input = await ai.files.upload({
      file: new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]),
      config: { mimeType: 'application/jsonl', displayName: 'requests' },
    });
    expect(input.displayName).toBe('requests');
    expect((await ai.files.get({ name: input.name ?? '' })).uri).toBe(input.uri);

    const made = await ai.batches.create({
      model: PRO,
      src: input.name ?? '',
      config: { displayName: 'four' },
    });
    expect(made).toMatchObject({ displayName: 'four', model: `models/${PRO}`, state: 'JOB_STATE_PENDING' });
    const job = await ended(made.name ?? '');
    const file = job.dest?.fileName ?? '';
    expect(file).toMatch(/^files\/batch-[a-z0-9]{36}$/);

    const response = await fetch(`${emulator.url}/v1beta/${file}:download?alt=media`, {
      headers: { 'x-goog-api-key': 'any-key' },
    });
    const answers = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const pixels: Record<string, number[]> = {};
    for (const { key, response } of answers) {
      const image = getImage(response);
      expect(image?.mimeType).toBe('image/jpeg');
      const { data, info } = await sharp(image?.bytes).raw().toBuffer({ resolveWithObject: true });
      expect(data).toHaveLength(info.width * info.height * info.channels);
      pixels[key] = [info.width, info.height];
    }
    expect(pixels).toEqual(wanted);
  });

  it('inline: returns the answers with the job, in the order of the requests and with their metadata', async () => {
    const made = await ai.batches.create({
      model: PRO,
      src: [
        { contents: 'one', metadata: { key: 'first' }, config: { responseModalities: ['IMAGE'] } },
        { contents: 'two [refuse]', metadata: { key: 'second' } },
        { contents: 'three [fail]', metadata: { key: 'third' } },
      ],
      config: { displayName: 'inline' },
    });
    const { dest } = await ended(made.name ?? '');
    const [one, two, three] = dest?.inlinedResponses ?? [];
    expect(await sharp(getImage(one?.response)?.bytes).metadata()).toMatchObject({
      width: 1024,
      height: 1024,
    });
    expect(two?.response?.candidates?.[0]?.finishReason).toBe('PROHIBITED_CONTENT');
    expect(three?.error).toMatchObject({ code: 13 });
    expect([one, two, three].map((answer) => answer?.metadata?.key)).toEqual(['first', 'second', 'third']);
  });

  it('lists all jobs over several pages, cancels and deletes them', async () => {
    // None ends before it is cancelled.
    const slow = await createEmulator({ jobSeconds: 600 });
    onTestFinished(() => slow.close());
    const { batches } = new GoogleGenAI({ apiKey: 'any-key', httpOptions: { baseUrl: slow.url } });
    const src = [{ contents: 'x' }];
    const made = await Promise.all([1, 2, 3].map(() => batches.create({ model: PRO, src })));
    const names: string[] = [];
    for await (const job of await batches.list({ config: { pageSize: 2 } })) names.push(job.name ?? '');
    expect(names).toEqual(expect.arrayContaining(made.map((job) => job.name)));
    expect(new Set(names).size).toBe(names.length);

    const [name = ''] = made.map((job) => job.name ?? '');
    await batches.cancel({ name });
    expect((await batches.get({ name })).state).toBe('JOB_STATE_CANCELLED');
    await batches.delete({ name });
    await expect(batches.get({ name })).rejects.toMatchObject({ status: 404 });
  });

  it('gets the refusals as its own errors', async () => {
    const unauthorised = new GoogleGenAI({ apiKey: 'invalid', httpOptions: { baseUrl: emulator.url } });
    await expect(unauthorised.batches.list()).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('API_KEY_INVALID'),
    });
    await expect(ai.batches.create({ model: 'gemini-9', src: [{ contents: 'x' }] })).rejects.toMatchObject({
      status: 404,
    });
    await expect(ai.batches.create({ model: PRO, src: 'files/nowhere' })).rejects.toMatchObject({
      status: 403,
    });
    await expect(ai.files.get({ name: 'files/nowhere' })).rejects.toMatchObject({ status: 403 });
  });
});
