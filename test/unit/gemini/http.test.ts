import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createGemini } from '../../../src/gemini/index.ts';
import { catchFailure, collectText, KEY, patience, serve } from './server.ts';

const JOB = 'batches/abc';

test('a base URL with a password is refused and not quoted', () => {
  const create = () => createGemini({ baseUrl: 'https://proxy:hunter2@gemini.example', apiKey: KEY });
  expect(create).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  expect(create).not.toThrow(/hunter2/);
});

describe('the key', () => {
  test('is sent in a header, never in the URL', async () => {
    const { gemini, requests } = await serve((_, response) => response.end(JSON.stringify({ name: JOB })));
    await gemini.jobs.get(JOB, patience());
    expect(requests[0]?.headers['x-goog-api-key']).toBe(KEY);
    expect(requests[0]?.url).not.toContain(KEY);
  });

  test('is not sent to the target of a redirect', async () => {
    const thief = await serve((_, response) => response.end('{}'));
    const { gemini } = await serve((_, response) => {
      response.writeHead(307, { location: `${thief.url}/v1beta/${JOB}` });
      response.end();
    });
    await expect(gemini.jobs.get(JOB, patience())).rejects.toMatchObject({ code: 'unreachable' });
    await expect(gemini.results('files/x', 0, patience()).next()).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(await gemini.jobs.create('gemini-x', 'hb/x', 'files/x', () => true, patience())).toMatchObject({
      kind: 'unknown',
    });
    expect(thief.requests).toEqual([]);
  });

  test('is sent to the base URL, whatever host the upload URL has', async () => {
    const thief = await serve((_, response) => response.end('{}'));
    const { gemini, requests } = await serve((request, response) => {
      const begins = request.headers['x-goog-upload-command'] === 'start';
      if (begins) response.setHeader('x-goog-upload-url', `${thief.url}/upload/1`);
      response.end(
        begins
          ? '{}'
          : JSON.stringify({ file: { name: 'files/a', uri: 'https://x/files/a', mimeType: 'x/y' } }),
      );
    });
    const chunks = async function* () {
      yield Buffer.from('x');
    };
    await gemini.files.upload(
      { displayName: 'a', mimeType: 'x/y', bytes: 1, chunks },
      patience(),
      () => undefined,
    );
    expect(requests.map(({ url }) => url)).toEqual(['/upload/v1beta/files', '/upload/1']);
    expect(thief.requests).toEqual([]);
  });

  test('is in no error, even if Google quotes it, in our calls and in those of the SDK', async () => {
    const { gemini } = await serve((request, response) => {
      const message = `Permission denied: Consumer 'api_key:${KEY}' has been suspended. ${JSON.stringify(request.headers)}`;
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 403, status: 'PERMISSION_DENIED', message } }));
    });
    const failures = [
      await catchFailure(gemini.jobs.get(JOB, patience())),
      await catchFailure(gemini.jobs.list(patience()).next()),
      await catchFailure(gemini.jobs.cancel(JOB, patience())),
      await catchFailure(gemini.files.get('files/a', patience())),
      await catchFailure(gemini.results('files/a', 0, patience()).next()),
      await gemini.jobs.create('gemini-x', 'hb/x', 'files/x', () => true, patience()),
    ];
    for (const failure of failures) {
      expect(JSON.stringify([failure])).toContain('permission-denied');
      expect(JSON.stringify([failure])).toContain('suspended');
      expect(collectText(failure) + JSON.stringify(failure)).not.toContain(KEY);
    }
  });

  test.each(['with\nnewline', 'grün', 'a b', '\u0000'])(
    'that cannot be sent in a header (%j) is refused without being quoted',
    (apiKey) => {
      const make = () => createGemini({ baseUrl: 'http://127.0.0.1:1', apiKey });
      expect(make).toThrow(
        expect.objectContaining({ code: 'key-invalid', message: expect.not.stringContaining(apiKey) }),
      );
    },
  );
});

describe('creating a job', () => {
  const create = (gemini: ReturnType<typeof createGemini>, mayLeave = () => true) =>
    gemini.jobs.create('gemini-3-pro-image', 'hb/x/r1.1', 'files/in', mayLeave, patience());

  test('sends one POST with name and file, and returns the job', async () => {
    let sent = '';
    const { gemini, requests } = await serve((_, response, body) => {
      sent = body.toString();
      response.end(JSON.stringify({ name: JOB, metadata: { state: 'BATCH_STATE_PENDING' } }));
    });
    expect(await create(gemini)).toEqual({ kind: 'created', job: JOB });
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1beta/models/gemini-3-pro-image:batchGenerateContent',
    ]);
    expect(JSON.parse(sent)).toEqual({
      batch: { displayName: 'hb/x/r1.1', inputConfig: { fileName: 'files/in' } },
    });
  });

  test.each([400, 401, 403, 404, 429])('is refused when Google answers %i', async (status) => {
    const { gemini, requests } = await serve((_, response) => {
      response.writeHead(status, { 'retry-after': '7' });
      response.end();
    });
    expect(await create(gemini)).toMatchObject({ kind: 'refused', error: { retryAfterMs: 7000 } });
    expect(requests).toHaveLength(1);
  });

  test.each([408, 500, 502, 503, 504])(
    'is unknown when Google answers %i, and is not sent again',
    async (status) => {
      const { gemini, requests } = await serve((_, response) => {
        response.writeHead(status);
        response.end();
      });
      expect(await create(gemini)).toMatchObject({ kind: 'unknown' });
      expect(requests).toHaveLength(1);
    },
  );

  test.each(['', 'ok', '{}', '{"name":"operations/1"}', '<html>'])(
    'is unknown when Google answers 200 with %j',
    async (body) => {
      const { gemini } = await serve((_, response) => response.end(body));
      expect(await create(gemini)).toMatchObject({ kind: 'unknown', error: { code: 'invalid-response' } });
    },
  );

  test('is unknown when the connection ends before the answer', async () => {
    const { gemini, requests } = await serve((_, response) => response.destroy());
    expect(await create(gemini)).toMatchObject({ kind: 'unknown', error: { code: 'unreachable' } });
    expect(requests).toHaveLength(1);
  });

  test('is refused when nothing listens at the address', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const gemini = createGemini({ baseUrl: `http://127.0.0.1:${port}`, apiKey: KEY });
    expect(await create(gemini)).toMatchObject({ kind: 'refused', error: { code: 'unreachable' } });
  });

  test('is refused when the certificate is not valid', async () => {
    const { url } = await serve((_, response) => response.end());
    const gemini = createGemini({ baseUrl: url.replace('http:', 'https:'), apiKey: KEY });
    expect(await create(gemini)).toMatchObject({ kind: 'refused', error: { code: 'unreachable' } });
  });

  test('sends no byte when it is too late once the connection is open', async () => {
    const heard: Buffer[] = [];
    let connections = 0;
    const listening = createServer((socket) => {
      connections += 1;
      socket.on('data', (bytes) => heard.push(bytes));
    }).listen(0, '127.0.0.1');
    await once(listening, 'listening');
    onTestFinished(() => void listening.close());
    const { port } = listening.address() as AddressInfo;
    const gemini = createGemini({ baseUrl: `http://127.0.0.1:${port}`, apiKey: KEY });
    const tooLate = vi.fn<() => boolean>(() => false);
    expect(await create(gemini, tooLate)).toMatchObject({ kind: 'refused', error: { code: 'aborted' } });
    expect(tooLate).toHaveBeenCalledOnce();
    await expect.poll(() => connections).toBe(1);
    expect(heard).toEqual([]);
  });

  test('is unknown when we interrupt it', async () => {
    const controller = new AbortController();
    const { gemini } = await serve(() => controller.abort(new Error('shutdown')));
    const made = await gemini.jobs.create('gemini-x', 'hb/x', 'files/x', () => true, controller.signal);
    expect(made).toMatchObject({ kind: 'unknown' });
  });
});

describe('listing jobs', () => {
  test('reads all pages, and skips entries without the name of a job', async () => {
    const { gemini } = await serve((request, response) => {
      const page = new URL(request.url ?? '', 'http://x').searchParams.get('pageToken');
      const job = (name: string) => ({
        name,
        metadata: { displayName: `of ${name}`, state: 'BATCH_STATE_RUNNING' },
      });
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify(
          page === null
            ? { operations: [job('batches/a'), job('batches/../../files/x')], nextPageToken: '2' }
            : { operations: [job('batches/b')] },
        ),
      );
    });
    const names: string[] = [];
    for await (const { name, displayName } of gemini.jobs.list(patience()))
      names.push(`${name} ${displayName}`);
    expect(names).toEqual(['batches/a of batches/a', 'batches/b of batches/b']);
  });

  test('returns nothing when the answer is {}', async () => {
    const { gemini } = await serve((_, response) =>
      response.setHeader('content-type', 'application/json').end('{}'),
    );
    expect(await gemini.jobs.list(patience()).next()).toMatchObject({ done: true });
  });
});

test.each([
  [404, 'NOT_FOUND'],
  [400, 'FAILED_PRECONDITION'],
  [400, 'INVALID_ARGUMENT'],
])('succeeds in cancelling a job that is gone or has ended (%i %s)', async (code, status) => {
  const { gemini } = await serve((_, response) => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { code, status, message: 'x' } }));
  });
  await expect(gemini.jobs.cancel(JOB, patience())).resolves.toBeUndefined();
});

test('a body without an end fails as invalid-response and is not kept in memory', async () => {
  const { gemini } = await serve((_, response) => {
    const piece = Buffer.alloc(1 << 20, 'x');
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
  });
  await expect(gemini.jobs.get(JOB, patience())).rejects.toMatchObject({ code: 'invalid-response' });
});
