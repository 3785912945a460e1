import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getImage, requestLine, wireClient, withClock } from './emulator-kit.ts';

let world: Awaited<ReturnType<typeof withClock>>;
let client: (typeof world)['client'];
beforeAll(async () => {
  world = await withClock({ jobSeconds: 0 });
  client = world.client;
});
afterAll(() => world.emulator.close());

const CREATE = '/v1beta/models/gemini-3-pro-image:batchGenerateContent';

function createInline(request: object) {
  return client.call('POST', CREATE, { batch: { inputConfig: { requests: { requests: [{ request }] } } } });
}

async function resultOfLines(lines: readonly unknown[], model?: string) {
  return client.readResult((await client.createFromLines(lines, model)).json.name);
}

describe('the API key', () => {
  it('gives 400 with the reason API_KEY_INVALID when it is wrong, and 403 when it is missing', async () => {
    const bad = await wireClient(world.emulator.url, 'invalid').call('GET', '/v1beta/batches');
    expect(bad.json).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] },
    });
    const none = await wireClient(world.emulator.url, null).call('GET', '/v1beta/batches');
    expect(none.json).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } });
    expect((await wireClient(world.emulator.url, null).call('GET', '/v1beta/batches?key=any')).status).toBe(
      200,
    );
  });

  it('must be one of the given keys, where keys are given', async () => {
    const { emulator } = await withClock({ keys: ['this-one'] });
    expect((await wireClient(emulator.url, 'this-one').call('GET', '/v1beta/files')).status).toBe(200);
    expect((await wireClient(emulator.url, 'that-one').call('GET', '/v1beta/files')).status).toBe(400);
    await emulator.close();
  });
});

describe('a create', () => {
  it('for an unknown model is 404', async () => {
    const { json } = await client.createFromLines([requestLine('a')], 'gemini-3-pro-image-preview');
    expect(json).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
  });

  it('from an unknown file is 403', async () => {
    expect((await client.createFromFile('files/nowhere')).json.error).toMatchObject({ code: 403 });
  });

  it('with two sources or none is 400', async () => {
    const two = { fileName: 'files/x', requests: { requests: [] } };
    for (const inputConfig of [{}, two]) {
      expect((await client.call('POST', CREATE, { batch: { inputConfig } })).status).toBe(400);
    }
  });

  it('over 20 MB is 400', async () => {
    const { json } = await createInline({ contents: [{ parts: [{ text: 'x'.repeat(21 * 1024 * 1024) }] }] });
    expect(json.error.message).toContain('payload size exceeds the limit');
  });

  const contents = [{ parts: [{ text: 'x' }] }];
  it.each([
    ['an unknown field of the request', { contents, prompt: 'x' }, 'Unknown name "prompt"'],
    [
      'an unknown field of generationConfig',
      { contents, generationConfig: { aspectRatio: '1:1' } },
      'Unknown name "aspectRatio"',
    ],
    ['a value of another type', { contents, generationConfig: { temperature: 'hot' } }, 'TYPE_FLOAT'],
    ['a modality that is none', { contents, generationConfig: { responseModalities: ['SMELL'] } }, 'SMELL'],
    [
      'a ratio that the model has not',
      { contents, generationConfig: { imageConfig: { aspectRatio: '1:8' } } },
      '1:8',
    ],
    ['a size in lower case', { contents, generationConfig: { imageConfig: { imageSize: '1k' } } }, '1k'],
    ['no contents', { generationConfig: {} }, 'contents is not specified'],
    [
      'an input image that is none by its type',
      { contents: [{ parts: [{ fileData: { fileUri: 'files/x', mimeType: 'text/plain' } }] }] },
      'text/plain',
    ],
  ])('with %s is 400 and names it', async (_, request, named) => {
    const { status, json } = await createInline(request);
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ status: 'INVALID_ARGUMENT', message: expect.stringContaining(named) });
  });

  it('is read in snake_case as well', async () => {
    const generation_config = { image_config: { aspect_ratio: '9:16', image_size: '1K' } };
    const request = { contents: { parts: { text: 'x' } }, generation_config };
    const batch = { display_name: 'snake', input_config: { requests: { requests: { request } } } };
    const { json } = await client.call('POST', CREATE, { batch });
    expect(json.metadata.displayName).toBe('snake');
    expect(getImage(json.response.inlinedResponses.inlinedResponses[0].response)).toBeDefined();
  });
});

describe('a row of a file', () => {
  it('that is refused fails alone: code 3 for an unsupported value, 7 for a missing reference', async () => {
    const gone = { fileData: { fileUri: 'https://example.com/v1beta/files/gone', mimeType: 'image/png' } };
    const broken = {
      inlineData: { mimeType: 'image/png', data: Buffer.from('no image').toString('base64') },
    };
    const answers = await resultOfLines([
      requestLine('good'),
      requestLine('ratio', 'x', { imageConfig: { aspectRatio: '7:3' } }),
      requestLine('field', 'x', { colour: 'red' }),
      requestLine('gone', 'x', {}, [gone]),
      requestLine('broken', 'x', {}, [broken]),
    ]);
    expect(getImage(answers[0].response)).toBeDefined();
    expect(answers.map(({ key, error }) => [key, error?.code])).toEqual([
      ['good', undefined],
      ['ratio', 3],
      ['field', 3],
      ['gone', 7],
      ['broken', 3],
    ]);
  });

  it('with a reference that expires before it runs has code 7', async () => {
    const slow = await withClock({ jobSeconds: 3600 });
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const { uri } = await slow.client.upload(png, 'image/png');
    slow.pass(48 * 3600 - 60);
    const part = { fileData: { fileUri: uri, mimeType: 'image/png' } };
    const { name } = (await slow.client.createFromLines([requestLine('a', 'x', {}, [part])])).json;
    slow.pass(3600);
    expect((await slow.client.readResult(name))[0].error.code).toBe(7);
    await slow.emulator.close();
  });
});

describe('a keyword in a prompt', () => {
  const answerTo = async (prompt: string) =>
    (await resultOfLines([requestLine('a', prompt), requestLine('b')]))[0];

  it.each([
    ['[refuse]', 'PROHIBITED_CONTENT'],
    ['[Unsafe]', 'IMAGE_SAFETY'],
    ['[NO IMAGE]', 'NO_IMAGE'],
  ])('%s gives a candidate without parts and finishReason %s', async (word, finishReason) => {
    const { response } = await answerTo(`a lake ${word}`);
    expect(response.candidates[0]).toMatchObject({
      content: {},
      finishReason,
      finishMessage: expect.any(String),
    });
    expect(response.usageMetadata.promptTokenCount).toBeGreaterThan(0);
  });

  it('[blocked] gives promptFeedback and no candidates', async () => {
    const { response } = await answerTo('[blocked]');
    expect(response).toMatchObject({
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: {},
    });
    expect(response).not.toHaveProperty('candidates');
  });

  it('[text only] gives text and no image', async () => {
    const { response } = await answerTo('[text only]');
    expect(response.candidates[0].content.parts[0].text).toEqual(expect.any(String));
    expect(getImage(response)).toBeUndefined();
  });

  it('[missing] leaves the line out', async () => {
    expect(await answerTo('[missing]')).toMatchObject({ key: 'b' });
  });

  it('[fail] fails in every job, [fail once] only in the first that holds the key and prompt', async () => {
    const lines = [requestLine('always', '[fail]'), requestLine('once', '[fail once]')];
    const codes = async () => (await resultOfLines(lines)).map((line) => line.error?.code);
    expect(await codes()).toEqual([13, 13]);
    expect(await codes()).toEqual([13, undefined]);
    expect((await resultOfLines([requestLine('another', '[fail once]')]))[0].error.code).toBe(13);
  });
});
