import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { withFaults } from './emulator-faults-kit.ts';
import { requestLine } from './emulator-kit.ts';

const CONTENT = Buffer.alloc(300_000, JSON.stringify(requestLine('a')));
const HOUR = 3600;

describe('faults of an upload', () => {
  async function sendAll(world: Awaited<ReturnType<typeof withFaults>>) {
    const { url } = await world.client.startUpload(CONTENT.length);
    const query = () => world.client.call('POST', url, undefined, { 'x-goog-upload-command': 'query' });
    return { url, query, sent: world.client.sendPiece(url, 0, CONTENT) };
  }

  it('reset: cut at a byte; the upload continues after it', async () => {
    const world = await withFaults([{ fault: 'upload.reset', afterBytes: 100_001, times: 1 }]);
    const { url, query, sent } = await sendAll(world);
    await expect(sent).rejects.toThrow('fetch failed');
    expect((await query()).headers.get('x-goog-upload-size-received')).toBe('100001');
    const last = await world.client.sendPiece(url, 100_001, CONTENT.subarray(100_001));
    expect(last.json.file.sizeBytes).toBe('300000');
    expect((await world.emulator.ledger()).uploads).toHaveLength(1);
  });

  it('reset: at that byte, before the client has sent everything', async () => {
    const { client, emulator } = await withFaults([{ fault: 'upload.reset', afterBytes: 10 }]);
    const { url } = await client.startUpload(CONTENT.length);
    const sending = request(url, {
      method: 'POST',
      headers: {
        'content-length': CONTENT.length,
        'x-goog-upload-command': 'upload, finalize',
        'x-goog-upload-offset': 0,
      },
    });
    sending.write(CONTENT.subarray(0, 1000));
    const [error] = await once(sending, 'error');
    expect(error.code).toBe('ECONNRESET');
    expect((await emulator.ledger()).uploads).toEqual([]);
  });

  it('busy: 503 in the middle, and the bytes before it are kept', async () => {
    const world = await withFaults([{ fault: 'upload.busy', afterBytes: 7, times: 1 }]);
    const { query, sent } = await sendAll(world);
    expect((await sent).status).toBe(503);
    const { headers } = await query();
    expect(headers.get('x-goog-upload-size-received')).toBe('7');
    expect(headers.get('x-goog-upload-status')).toBe('active');
  });

  it('answer-lost at its end: the file exists, and a query returns it', async () => {
    const world = await withFaults([{ fault: 'upload.answer-lost' }]);
    const { query, sent } = await sendAll(world);
    await expect(sent).rejects.toThrow('fetch failed');
    const { headers, json } = await query();
    expect(headers.get('x-goog-upload-status')).toBe('final');
    expect(json.file.sizeBytes).toBe('300000');
  });

  it('refuse at its start: 400 for a mime type, for files of that name only', async () => {
    const { client } = await withFaults([
      {
        fault: 'upload-start.refuse',
        status: 'INVALID_ARGUMENT',
        message: 'Unsupported MIME type: jsonl',
        match: { name: '^requests' },
      },
    ]);
    const refused = await client.startUpload(10, 'jsonl', { displayName: 'requests of round 1' });
    expect([refused.status, refused.json.error.message]).toEqual([400, 'Unsupported MIME type: jsonl']);
    expect((await client.startUpload(10, 'jsonl', { displayName: 'another' })).status).toBe(200);
  });
});

describe('faults of a file', () => {
  it('processing: `polls` GETs see it PROCESSING, and until then it cannot be used', async () => {
    const { client } = await withFaults([{ fault: 'file.processing', polls: 2 }]);
    const file = (await client.upload(JSON.stringify(requestLine('a')))) as { name: string; state?: string };
    expect(file.state).toBe('PROCESSING');
    const state = async () => (await client.call('GET', `/v1beta/${file.name}`)).json.state;
    expect(await state()).toBe('PROCESSING');
    const early = await client.createFromFile(file.name);
    expect([early.status, early.json.error.status]).toEqual([400, 'FAILED_PRECONDITION']);
    expect([await state(), await state()]).toEqual(['PROCESSING', 'ACTIVE']);
    expect((await client.createFromFile(file.name)).status).toBe(200);
  });

  it('failed: it is FAILED after processing, and a row that refers to it gets an error', async () => {
    const { client, pass } = await withFaults([
      { fault: 'file.failed', match: { nth: 1 } },
      { fault: 'file.processing', polls: 1, match: { nth: 1 } },
    ]);
    const file = await client.upload(Buffer.from('an image'), 'image/png');
    const state = async () => (await client.call('GET', `/v1beta/${file.name}`)).json.state;
    expect([await state(), await state()]).toEqual(['PROCESSING', 'FAILED']);
    const fileData = { mimeType: 'image/png', fileUri: file.uri };
    const { name } = (await client.createFromLines([requestLine('a', 'a lake', {}, [{ fileData }])])).json;
    pass(100);
    expect(await client.readResult(name)).toMatchObject([{ error: { code: 9 } }]);
  });

  it('expires: a request file that is gone when the job would start fails the job', async () => {
    const { client, pass } = await withFaults([{ fault: 'file.expires', afterMs: 10_000 }]);
    const file = await client.upload(JSON.stringify(requestLine('a')));
    const { name } = (await client.createFromFile(file.name)).json;
    pass(100);
    expect((await client.call('GET', `/v1beta/${name}`)).json.error.code).toBe(7);
    expect((await client.call('GET', `/v1beta/${file.name}`)).status).toBe(403);
  });

  it('lives for 48 h without a fault', async () => {
    const { client, pass } = await withFaults([]);
    const file = await client.upload('x', 'text/plain');
    pass(48 * HOUR - 1);
    expect((await client.call('GET', `/v1beta/${file.name}`)).status).toBe(200);
    pass(1);
    expect((await client.call('GET', `/v1beta/${file.name}`)).status).toBe(403);
  });
});
