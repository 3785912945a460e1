import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { downloadOfficialCli, type Fetch } from '../../../src/local/download.ts';
import { folder } from './folder.ts';

const ARCHIVE = 'https://downloads.example/temporal.tar.gz';

describe.skipIf(process.platform === 'win32')("Temporal's own download", () => {
  test('requests the platform by its official name, and unpacks the one file that the answer names', async () => {
    const asked: string[] = [];
    const bytes = await archive();
    const path = await download(async (url) => {
      asked.push(url);
      return url === ARCHIVE
        ? new Response(bytes)
        : Response.json({ archiveUrl: ARCHIVE, fileToExtract: 'temporal' });
    });
    expect(asked[0]).toMatch(/\/cli\/v\d+\.\d+\.\d+\?platform=darwin&arch=arm64$/);
    expect(asked[1]).toBe(ARCHIVE);
    expect(await readFile(path, 'utf8')).toBe('the program');
  });

  test.each([
    [
      'an archive without encryption',
      { archiveUrl: 'http://downloads.example/t', fileToExtract: 'temporal' },
    ],
    ['a file outside the archive', { archiveUrl: ARCHIVE, fileToExtract: '../../.bashrc' }],
    ['an option for tar instead of a file', { archiveUrl: ARCHIVE, fileToExtract: '--to-command=x' }],
    ['something else', ['temporal']],
  ])('refuses an answer that names %s', async (_what, answer) => {
    const downloading = download(async (url) => {
      expect(url).not.toContain('downloads.example');
      return Response.json(answer);
    });
    await expect(downloading).rejects.toMatchObject({
      code: 'no-temporal-cli',
      message: expect.stringContaining('an unknown form'),
    });
  });

  test('names the host that refused, with its status', async () => {
    const downloading = download(async () => new Response('', { status: 503 }));
    await expect(downloading).rejects.toThrow('temporal.download answered 503');
  });

  test('names the error of the network', async () => {
    const downloading = download(async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND temporal.download') });
    });
    await expect(downloading).rejects.toThrow('getaddrinfo ENOTFOUND temporal.download');
  });

  test('ends when its signal aborts', async () => {
    const controller = new AbortController();
    const downloading = download(async (_url, init) => {
      controller.abort(new Error('gone'));
      init.signal?.throwIfAborted();
      return new Response();
    }, controller.signal);
    await expect(downloading).rejects.toThrow('gone');
  });
});

async function download(answer: Fetch, signal?: AbortSignal): Promise<string> {
  return downloadOfficialCli({
    host: 'darwin-arm64',
    cacheDir: await folder(),
    env: process.env,
    fetch: answer,
    log: () => {},
    signal,
  });
}

async function archive(): Promise<ArrayBuffer> {
  const home = await folder();
  await writeFile(join(home, 'LICENSE'), 'a licence');
  await writeFile(join(home, 'temporal'), 'the program');
  execFileSync('tar', ['-czf', 'archive.tar.gz', 'LICENSE', 'temporal'], { cwd: home });
  return new Uint8Array(await readFile(join(home, 'archive.tar.gz'))).buffer;
}
