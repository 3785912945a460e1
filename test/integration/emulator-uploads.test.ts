import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withClock } from './emulator-kit.ts';

let world: Awaited<ReturnType<typeof withClock>>;
let client: (typeof world)['client'];
beforeEach(async () => {
  world = await withClock();
  client = world.client;
});
afterEach(() => world.emulator.close());

const TEXT = Buffer.from('0123456789');
const SHA256 = '84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882';
const query = (url: string) => client.call('POST', url, undefined, { 'x-goog-upload-command': 'query' });

describe('a resumable upload', () => {
  it('takes pieces, reports the received bytes, and returns the file at its end', async () => {
    const started = await client.startUpload(10, 'application/jsonl', { displayName: 'digits' });
    expect(started.headers.get('x-goog-upload-status')).toBe('active');
    const first = await client.sendPiece(started.url, 0, TEXT.subarray(0, 4), 'upload');
    expect(first.headers.get('x-goog-upload-status')).toBe('active');
    expect((await query(started.url)).headers.get('x-goog-upload-size-received')).toBe('4');
    const last = await client.sendPiece(started.url, 4, TEXT.subarray(4));
    expect(last.headers.get('x-goog-upload-status')).toBe('final');
    expect(last.json.file).toMatchObject({
      name: expect.stringMatching(/^files\/[a-z0-9]{12}$/),
      displayName: 'digits',
      sizeBytes: '10',
      state: 'ACTIVE',
    });
    // Google's API returns the base64 of the hex digest.
    expect(Buffer.from(last.json.file.sha256Hash, 'base64').toString()).toMatch(
      /^84d89877f0d4041efb6bf91a16f0248f/,
    );
  });

  it('continues after a broken connection', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'emulator-uploads-'));
    const { emulator, client } = await withClock({ directory });
    const { url } = await client.startUpload(10);
    const headers = {
      'x-goog-upload-command': 'upload, finalize',
      'x-goog-upload-offset': '0',
      'content-length': 10,
    };
    const sending = request(url, { method: 'POST', headers });
    const broken = once(sending, 'error');
    sending.write(TEXT.subarray(0, 6));
    await expect.poll(() => bytesIn(join(directory, 'uploads'))).toBe(6);
    sending.destroy(new Error('the cable was cut'));
    await broken;

    const standing = await query(url);
    expect(standing.headers.get('x-goog-upload-status')).toBe('active');
    expect(standing.headers.get('x-goog-upload-size-received')).toBe('6');
    const last = await client.sendPiece(url, 6, TEXT.subarray(6));
    expect(Buffer.from(last.json.file.sha256Hash, 'base64').toString()).toBe(SHA256);
    // The broken connection or the query may be noticed first; neither is a refused request.
    const { refusedRequests } = await emulator.ledger();
    expect(refusedRequests.filter((complaint) => complaint.status !== 'CANCELLED')).toEqual([]);
    await emulator.close();
    await rm(directory, { recursive: true });
  });

  async function bytesIn(folder: string): Promise<number> {
    const parts = (await readdir(folder)).filter((name) => name.endsWith('.part'));
    const sizes = await Promise.all(parts.map(async (name) => (await stat(join(folder, name))).size));
    return sizes.reduce((total, size) => total + size, 0);
  }

  it('returns the file again to a client that lost the last answer', async () => {
    const { url } = await client.startUpload(10);
    const { file } = (await client.sendPiece(url, 0, TEXT)).json;
    const again = await query(url);
    expect(again.headers.get('x-goog-upload-status')).toBe('final');
    expect(again.headers.get('x-goog-upload-size-received')).toBe('10');
    expect(again.json.file).toEqual(file);
  });

  it('refuses a wrong offset, a byte too many, a byte too few, and an unsupported type', async () => {
    const { url } = await client.startUpload(10);
    expect((await client.sendPiece(url, 3, TEXT.subarray(3))).status).toBe(400);
    expect((await client.sendPiece(url, 0, Buffer.alloc(11))).json.error.message).toContain('More bytes');
    expect((await client.sendPiece(url, 0, TEXT.subarray(0, 9))).json.error.message).toContain('9 bytes');
    expect((await client.sendPiece(url, 0, TEXT)).json.error.message).toContain('Upload offset is 0');
    expect((await client.sendPiece(url, 9, TEXT.subarray(9))).status).toBe(200);
    expect((await client.sendPiece(url, 10, TEXT)).json.error.message).toContain('Upload is final');
    expect((await client.startUpload(10, 'application/x-tar')).json.error.message).toContain(
      'Unsupported MIME type',
    );
    expect((await client.startUpload(3 * 1024 ** 3)).status).toBe(400);
  });
});

describe('a file', () => {
  it('can be read, listed and deleted, and is 403 after that', async () => {
    const { name, uri } = await client.upload(TEXT);
    expect((await client.call('GET', `/v1/${name}`)).json.uri).toBe(uri);
    expect((await client.call('GET', '/v1beta/files')).json.files).toHaveLength(1);
    expect((await client.call('DELETE', `/v1beta/${name}`, {})).json).toEqual({});
    expect((await client.call('GET', `/v1beta/${name}`)).json.error).toMatchObject({ code: 403 });
    expect((await client.call('DELETE', `/v1beta/${name}`, {})).status).toBe(403);
  });

  it('expires after 48 hours', async () => {
    const { name } = await client.upload(TEXT);
    const { createTime, expirationTime } = (await client.call('GET', `/v1beta/${name}`)).json;
    expect(Date.parse(expirationTime) - Date.parse(createTime)).toBe(48 * 3_600_000);
    world.pass(48 * 3600 - 1);
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(200);
    world.pass(1);
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(403);
    expect((await client.call('GET', '/v1beta/files')).json).toEqual({});
  });

  it('cannot be downloaded when it was uploaded', async () => {
    const { name } = await client.upload(TEXT);
    expect((await client.call('GET', `/v1beta/${name}:download?alt=media`)).status).toBe(400);
  });

  it('has a name of at most 40 characters', async () => {
    expect((await client.call('GET', `/v1beta/files/${'a'.repeat(41)}`)).status).toBe(400);
  });
});
