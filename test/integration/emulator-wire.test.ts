import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { getImage, requestLine, withClock } from './emulator-kit.ts';

const DAY = 24 * 3600;
const THREE = [requestLine('a'), requestLine('b'), requestLine('c [fail]', 'c [fail]')];

let world: Awaited<ReturnType<typeof withClock>>;
let client: (typeof world)['client'];
beforeEach(async () => {
  world = await withClock();
  client = world.client;
});
afterEach(() => world.emulator.close());

it('an answer says the time of the emulator’s own clock', async () => {
  const read = async () =>
    Date.parse((await client.call('GET', '/v1beta/batches')).headers.get('date') ?? '');
  expect(await read()).toBe(world.clock.now);
  world.pass(3 * DAY);
  expect(await read()).toBe(world.clock.now);
});

it('the answer to a POST shows the job as it was made, however long reading the input took', async () => {
  let now = Date.parse('2026-11-01T12:00:00Z');
  // A job takes 100 s, and each look at the clock is 30 s later than the one before.
  const hurried = await withClock({ now: () => (now += 30_000) });
  onTestFinished(() => hurried.emulator.close());
  const { metadata } = (await hurried.client.createFromLines(THREE)).json;
  expect(metadata).toMatchObject({ state: 'BATCH_STATE_PENDING', updateTime: metadata.createTime });
});

describe('a job in the API', () => {
  it('has no `done` and no zero counters until its end, int64 as strings, then the output twice', async () => {
    const created = await client.createFromLines(THREE);
    const { name } = created.json;
    expect(name).toMatch(/^batches\/[a-z0-9]{36}$/);
    expect(created.json).toMatchObject({
      metadata: {
        '@type': expect.stringMatching(/GenerateContentBatch$/),
        name,
        model: 'models/gemini-3-pro-image',
      },
    });
    expect(created.json).not.toHaveProperty('done');
    expect(created.json.metadata).toMatchObject({
      state: 'BATCH_STATE_PENDING',
      batchStats: { requestCount: '3', pendingRequestCount: '3' },
      inputConfig: { fileName: expect.stringMatching(/^files\//) },
    });
    expect(created.json.metadata.batchStats).not.toHaveProperty('successfulRequestCount');

    world.pass(75);
    const running = (await client.call('GET', `/v1/${name}`)).json;
    expect(running.metadata.state).toBe('BATCH_STATE_RUNNING');
    expect(running.metadata.batchStats).toEqual({
      requestCount: '3',
      pendingRequestCount: '1',
      successfulRequestCount: '2',
    });

    world.pass(25);
    const ended = (await client.call('GET', `/v1/${name}`)).json;
    const responsesFile = `files/batch-${name.slice('batches/'.length)}`;
    expect(responsesFile.slice('files/'.length)).toHaveLength(42);
    expect(ended).toMatchObject({ done: true, response: { responsesFile } });
    expect(ended.metadata).toMatchObject({ state: 'BATCH_STATE_SUCCEEDED', output: { responsesFile } });
    expect(ended.metadata.batchStats).toEqual({
      requestCount: '3',
      successfulRequestCount: '2',
      failedRequestCount: '1',
    });
  });

  it('is the same under /v1 and /v1beta, and its result under both download paths', async () => {
    const { name } = (await client.createFromLines(THREE)).json;
    world.pass(100);
    const [v1, beta] = [await client.call('GET', `/v1/${name}`), await client.call('GET', `/v1beta/${name}`)];
    expect(v1.json).toEqual(beta.json);
    const file = v1.json.response.responsesFile;
    const paths = ['v1', 'v1beta'].flatMap((version) => [
      `/${version}/${file}`,
      `/download/${version}/${file}`,
    ]);
    const bodies = await Promise.all(paths.map((path) => client.call('GET', `${path}:download?alt=media`)));
    expect(bodies.map((body) => body.status)).toEqual([200, 200, 200, 200]);
    expect(new Set(bodies.map((body) => body.text)).size).toBe(1);
    // Its id is longer than the Files API reads.
    expect((await client.call('GET', `/v1beta/${file}`)).status).toBe(400);
  });

  it('ends CANCELLED with code 1 when it is cancelled before its start', async () => {
    const { name } = (await client.createFromLines(THREE)).json;
    world.pass(5);
    expect((await client.call('POST', `/v1beta/${name}:cancel`, {})).json).toEqual({});
    const { json } = await client.call('GET', `/v1beta/${name}`);
    expect(json).toMatchObject({
      done: true,
      error: { code: 1 },
      metadata: { state: 'BATCH_STATE_CANCELLED' },
    });
    expect(json).not.toHaveProperty('response');
  });

  it('ends SUCCEEDED when it is cancelled while running: finished rows are kept, the others have code 1', async () => {
    const { name } = (await client.createFromLines(THREE)).json;
    world.pass(50);
    await client.call('POST', `/v1beta/${name}:cancel`, {});
    const { json } = await client.call('GET', `/v1beta/${name}`);
    expect(json.metadata).toMatchObject({
      state: 'BATCH_STATE_SUCCEEDED',
      batchStats: { requestCount: '3', successfulRequestCount: '1', failedRequestCount: '2' },
    });
    const [first, ...others] = await client.readResult(name);
    expect(getImage(first.response)).toBeDefined();
    expect(others.map((line) => line.error.code)).toEqual([1, 1]);
    const again = await client.call('POST', `/v1beta/${name}:cancel`, {});
    expect(again.json.error.status).toBe('FAILED_PRECONDITION');
  });

  it('fails completely when its input is not a list of requests with different keys', async () => {
    for (const lines of [['no json'], [requestLine('a'), requestLine('a')], ['']]) {
      const { name } = (await client.createFromLines(lines)).json;
      world.pass(100);
      const { json } = await client.call('GET', `/v1beta/${name}`);
      expect(json).toMatchObject({
        done: true,
        error: { code: 3 },
        metadata: { state: 'BATCH_STATE_FAILED' },
      });
      expect(json).not.toHaveProperty('response');
    }
  });

  it('is gone with its result after it was deleted', async () => {
    const { name } = (await client.createFromLines(THREE)).json;
    world.pass(100);
    const file = (await client.call('GET', `/v1beta/${name}`)).json.response.responsesFile;
    expect((await client.call('DELETE', `/v1beta/${name}`, {})).json).toEqual({});
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(404);
    expect((await client.call('GET', `/v1beta/${file}:download?alt=media`)).status).toBe(404);
    expect((await client.call('GET', '/v1beta/batches')).json).toEqual({});
  });

  it('keeps its result for six weeks', async () => {
    const { name } = (await client.createFromLines(THREE)).json;
    world.pass(41 * DAY);
    expect((await client.call('GET', `/v1beta/${name}`)).json.response.responsesFile).toBeDefined();
    world.pass(2 * DAY);
    expect((await client.call('GET', `/v1beta/${name}`)).json.response.responsesFile).toBeUndefined();
  });

  it('shows no inline answers in a list', async () => {
    const inputConfig = {
      requests: { requests: [{ request: requestLine('').request, metadata: { key: 'x' } }] },
    };
    const path = '/v1beta/models/gemini-3-pro-image:batchGenerateContent';
    const { name } = (await client.call('POST', path, { batch: { inputConfig } })).json;
    world.pass(100);
    const got = (await client.call('GET', `/v1beta/${name}`)).json;
    expect(got.response.inlinedResponses.inlinedResponses).toHaveLength(1);
    expect(got.metadata.output).toEqual({ inlinedResponses: got.response.inlinedResponses });
    const list = await client.call('GET', '/v1beta/batches');
    expect(list.json.operations[0]).toMatchObject({ name, done: true });
    expect(list.text).not.toContain('inlinedResponses');
  });

  it('keeps its input and references when the files are deleted', async () => {
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const { name: reference, uri } = await client.upload(png, 'image/png');
    const part = { fileData: { fileUri: uri, mimeType: 'image/png' } };
    const input = await client.upload(JSON.stringify(requestLine('a', 'x', {}, [part])));
    const { name } = (await client.createFromFile(input.name)).json;
    await client.call('DELETE', `/v1beta/${reference}`, {});
    await client.call('DELETE', `/v1beta/${input.name}`, {});
    world.pass(100);
    expect(getImage((await client.readResult(name))[0].response)).toBeDefined();
  });
});

describe('a list', () => {
  it('is `{}` when it is empty', async () => {
    expect((await client.call('GET', '/v1beta/batches')).json).toEqual({});
    expect((await client.call('GET', '/v1beta/files')).json).toEqual({});
  });

  it('has pages, newest first, and skips no job when others are deleted between them', async () => {
    const names: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      names.unshift((await client.createFromLines([requestLine('a')])).json.name);
      world.pass(1);
    }
    const first = (await client.call('GET', '/v1beta/batches?pageSize=2')).json;
    expect(first.operations.map((one: { name: string }) => one.name)).toEqual(names.slice(0, 2));
    await client.call('DELETE', `/v1beta/${names[0]}`, {});
    const second = (await client.call('GET', `/v1beta/batches?pageSize=2&pageToken=${first.nextPageToken}`))
      .json;
    expect(second.operations.map((one: { name: string }) => one.name)).toEqual(names.slice(2, 4));
    const third = (await client.call('GET', `/v1beta/batches?pageSize=2&pageToken=${second.nextPageToken}`))
      .json;
    expect(third.operations.map((one: { name: string }) => one.name)).toEqual(names.slice(4));
    expect(third).not.toHaveProperty('nextPageToken');
    expect((await client.call('GET', '/v1beta/batches?pageToken=garbage')).status).toBe(400);
  });
});

describe('a result', () => {
  it('has exactly the same bytes each time, complete and in parts', async () => {
    await world.emulator.close();
    world = await withClock({ images: 'painted' });
    client = world.client;
    const { name } = (await client.createFromLines(THREE)).json;
    world.pass(100);
    const path = `/v1beta/files/batch-${name.slice('batches/'.length)}:download?alt=media`;
    const range = (bytes: string, more = {}) =>
      client.call('GET', path, undefined, { range: `bytes=${bytes}`, ...more });
    // Requested first, before any line was generated.
    const tail = await range('1000-');
    const whole = await client.call('GET', path);
    const { length } = whole.text;
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    expect(tail.status).toBe(206);
    expect(tail.headers.get('content-range')).toBe(`bytes 1000-${length - 1}/${length}`);
    expect(tail.text).toBe(whole.text.slice(1000));
    expect((await range('10-19')).text).toBe(whole.text.slice(10, 20));
    expect((await range('-30')).text).toBe(whole.text.slice(-30));
    expect((await range(`${length}-`)).status).toBe(416);
    const changed = await range('10-19', { 'if-range': '"another"' });
    expect([changed.status, changed.text.length]).toEqual([200, length]);
  });

  it('has padded images that are still valid, in the format of the model', async () => {
    await world.emulator.close();
    world = await withClock({ imageBytes: 300_000 });
    client = world.client;
    for (const [model, type, format] of [
      ['gemini-3.1-flash-image', 'image/jpeg', 'jpeg'],
      ['gemini-nano-banana-2.1', 'image/png', 'png'],
    ] as const) {
      const wide = requestLine('a', 'x', { imageConfig: { aspectRatio: '8:1' } });
      const { name } = (await client.createFromLines([wide], model)).json;
      world.pass(100);
      const image = getImage((await client.readResult(name))[0].response);
      expect(image?.mimeType).toBe(type);
      expect(image?.bytes).toHaveLength(300_000);
      expect(await sharp(image?.bytes).metadata()).toMatchObject({ format, width: 3072, height: 384 });
      await sharp(image?.bytes, { failOn: 'warning' }).raw().toBuffer();
    }
  });

  it('bills each answer: prompt, references, thoughts and the image by its size', async () => {
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const inlineData = { mimeType: 'image/png', data: png.toString('base64') };
    const large = { imageConfig: { imageSize: '4K', aspectRatio: '1:1' } };
    const { name } = (
      await client.createFromLines([requestLine('a', 'x'.repeat(40), large, [{ inlineData }])])
    ).json;
    world.pass(100);
    const { usageMetadata: usage } = (await client.readResult(name))[0].response;
    expect(usage.promptTokensDetails).toEqual([
      { modality: 'TEXT', tokenCount: 10 },
      { modality: 'IMAGE', tokenCount: 560 },
    ]);
    expect(usage.candidatesTokensDetails).toEqual([{ modality: 'IMAGE', tokenCount: 2000 }]);
    expect(usage.thoughtsTokenCount).toBeGreaterThan(0);
    expect(usage.totalTokenCount).toBe(570 + usage.candidatesTokenCount + usage.thoughtsTokenCount);
  });
});

describe('a painted image', () => {
  it('shows the references of its request', async () => {
    await world.emulator.close();
    world = await withClock({ images: 'painted' });
    client = world.client;
    const green = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#00ff00' } })
      .png()
      .toBuffer();
    const { uri } = await client.upload(green, 'image/png');
    const square = { imageConfig: { aspectRatio: '1:1' } };
    const parts = [{ fileData: { fileUri: uri, mimeType: 'image/png' } }];
    const { name } = (
      await client.createFromLines([requestLine('a', 'x', square, parts), requestLine('b', 'x', square)])
    ).json;
    world.pass(100);
    const [withReference, without] = await client.readResult(name);
    expect(await greenPixels(getImage(withReference.response)?.bytes)).toBeGreaterThan(5000);
    expect(await greenPixels(getImage(without.response)?.bytes)).toBe(0);
  });

  async function greenPixels(image?: Buffer): Promise<number> {
    const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
    let count = 0;
    for (let at = 0; at < data.length; at += info.channels) {
      if ((data[at] ?? 0) < 40 && (data[at + 1] ?? 0) > 215 && (data[at + 2] ?? 0) < 40) count += 1;
    }
    return count;
  }
});

describe('the ledger', () => {
  it('lists requests, jobs, billed images and refused requests', async () => {
    const input = await client.upload(THREE.map((line) => JSON.stringify(line)).join('\n'));
    const { name } = (await client.createFromFile(input.name, undefined, { displayName: 'hb/one' })).json;
    await client.createFromFile('files/nowhere');
    world.pass(100);
    await client.readResult(name);
    const ledger = (await client.call('GET', '/emulator/ledger')).json;
    expect(ledger.requests).toMatchObject({ 'batches.create': 2, 'batches.get': 1, 'files.download': 1 });
    expect(ledger.jobs).toEqual([
      expect.objectContaining({
        name,
        displayName: 'hb/one',
        state: 'SUCCEEDED',
        rows: 3,
        imagesBilled: 2,
        gets: 1,
      }),
    ]);
    const sha256 = createHash('sha256')
      .update(THREE.map((line) => JSON.stringify(line)).join('\n'))
      .digest('hex');
    expect(ledger.uploads).toEqual([expect.objectContaining({ name: input.name, sha256 })]);
    expect(ledger.imagesBilled).toBe(2);
    expect(ledger.bytesDownloaded).toBeGreaterThan(10_000);
    expect(ledger.refusedRequests).toEqual([
      expect.objectContaining({ route: 'batches.create', status: 'PERMISSION_DENIED' }),
    ]);
    expect(await world.emulator.ledger()).toMatchObject({ jobs: ledger.jobs });
  });
});
