import { describe, expect, test } from 'vitest';
import type { Upload } from '../../../src/gemini/index.ts';
import { patience, serve } from './server.ts';

const MB = 1 << 20;
const FILE = {
  name: 'files/abc',
  uri: 'https://host/v1beta/files/abc',
  mimeType: 'application/jsonl',
  sizeBytes: '1',
  state: 'ACTIVE',
  expirationTime: '2026-11-24T12:00:00Z',
};

interface Manners {
  /** Cuts the connection at the nth piece, after this many of its bytes; Infinity: only the answer is lost. */
  cuts?: Record<number, number>;
  /** Replaces the answer to a query. */
  received?: string;
  file?: object;
}

/** A server with Google's upload protocol. */
async function uploadServer({ cuts = {}, received, file = FILE }: Manners = {}) {
  const commands: string[] = [];
  let content = Buffer.alloc(0);
  let final = false;
  let pieces = 0;
  const server = await serve((request, response, body) => {
    const command = String(request.headers['x-goog-upload-command']);
    commands.push(command);
    const status = (state: string) => response.setHeader('x-goog-upload-status', state);
    if (command === 'start') {
      response.setHeader('x-goog-upload-url', '/upload/session');
      response.end('{}');
      return;
    }
    if (command === 'query') {
      response.setHeader('x-goog-upload-size-received', received ?? String(content.length));
      status(final ? 'final' : 'active');
      response.end(final ? JSON.stringify({ file }) : '{}');
      return;
    }
    if (Number(request.headers['x-goog-upload-offset']) !== content.length) {
      response
        .writeHead(400)
        .end('{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"Wrong offset."}}');
      return;
    }
    const cut = cuts[++pieces];
    content = Buffer.concat([content, body.subarray(0, cut)]);
    final = command.includes('finalize') && (cut === undefined || cut === Number.POSITIVE_INFINITY);
    if (cut !== undefined) {
      response.destroy();
      return;
    }
    status(final ? 'final' : 'active');
    response.end(final ? JSON.stringify({ file }) : '{}');
  });
  return { ...server, commands, content: () => content };
}

function buildUpload(content: Buffer): Upload {
  return {
    displayName: 'hb/x',
    mimeType: 'application/jsonl',
    bytes: content.length,
    async *chunks(offset) {
      for (let at = offset; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
    },
  };
}

const content = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, n) => n % 253));
const BIG = content(18 * MB);

describe('an upload', () => {
  test.each([1, 8 * MB, 8 * MB + 1])(
    'of %i bytes arrives completely, in pieces of at most 8 MB',
    async (bytes) => {
      const { gemini, commands, content: arrived } = await uploadServer();
      const whole = BIG.subarray(0, bytes);
      const sent: number[] = [];
      const file = await gemini.files.upload(buildUpload(whole), patience(), (at) => sent.push(at));
      expect(file).toEqual({
        name: 'files/abc',
        uri: FILE.uri,
        mimeType: FILE.mimeType,
        state: 'ACTIVE',
        expiresAt: Date.parse(FILE.expirationTime),
      });
      expect(arrived().equals(whole)).toBe(true);
      expect(sent.at(-1)).toBe(bytes);
      expect(commands).toEqual(
        bytes > 8 * MB ? ['start', 'upload', 'upload, finalize'] : ['start', 'upload, finalize'],
      );
    },
  );

  test('that is cut continues at the byte that the server names, and sends no piece twice', async () => {
    const { gemini, commands, content: arrived } = await uploadServer({ cuts: { 2: 3 * MB, 3: 0 } });
    await gemini.files.upload(buildUpload(BIG), patience(), () => undefined);
    expect(arrived().equals(BIG)).toBe(true);
    expect(commands).toEqual([
      'start',
      'upload',
      'upload',
      'query',
      'upload, finalize',
      'query',
      'upload, finalize',
    ]);
  });

  test('whose last answer is lost is not sent again', async () => {
    const { gemini, commands } = await uploadServer({ cuts: { 1: Number.POSITIVE_INFINITY } });
    const file = await gemini.files.upload(buildUpload(BIG.subarray(0, MB)), patience(), () => undefined);
    expect(file.name).toBe('files/abc');
    expect(commands).toEqual(['start', 'upload, finalize', 'query']);
  });

  test('ends with an empty piece when all bytes arrived but not the last command', async () => {
    const { gemini, content: arrived, commands } = await uploadServer({ cuts: { 2: 8 * MB } });
    await gemini.files.upload(buildUpload(BIG.subarray(0, 16 * MB)), patience(), () => undefined);
    expect(arrived().length).toBe(16 * MB);
    expect(commands).toEqual(['start', 'upload', 'upload, finalize', 'query', 'upload, finalize']);
  });

  test('fails when it is cut too often', async () => {
    const cuts = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [n + 1, 10]));
    const { gemini, commands } = await uploadServer({ cuts });
    await expect(gemini.files.upload(buildUpload(BIG), patience(), () => undefined)).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(commands.filter((command) => command !== 'query' && command !== 'start')).toHaveLength(6);
  });

  test.each(['', 'much', '-1', '999999999'])(
    'fails when the server reports %j received bytes',
    async (received) => {
      const { gemini } = await uploadServer({ cuts: { 1: 10 }, received });
      await expect(
        gemini.files.upload(buildUpload(BIG.subarray(0, MB)), patience(), () => undefined),
      ).rejects.toMatchObject({
        code: 'invalid-response',
      });
    },
  );

  test.each([{}, { name: 'files/../x', uri: FILE.uri, mimeType: 'x/y' }, { ...FILE, uri: 'no url' }])(
    'answered with %j fails as invalid-response',
    async (file) => {
      const { gemini } = await uploadServer({ file });
      await expect(
        gemini.files.upload(buildUpload(BIG.subarray(0, 10)), patience(), () => undefined),
      ).rejects.toMatchObject({
        code: 'invalid-response',
      });
    },
  );

  test('without an expiry time counts as lasting 48 h', async () => {
    const { gemini } = await uploadServer({ file: { ...FILE, expirationTime: 'later' } });
    const { expiresAt } = await gemini.files.upload(
      buildUpload(BIG.subarray(0, 10)),
      patience(),
      () => undefined,
    );
    expect(Math.abs(expiresAt - Date.now() - 48 * 3_600_000)).toBeLessThan(60_000);
  });
});
