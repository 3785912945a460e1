import { HummingbatchError } from '../contract/errors.ts';
import { GEMINI_URL_MUST, isGeminiUrl } from '../contract/url.ts';
import { type DownloadOptions, download } from './download.ts';
import { createFiles } from './files.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { createJobs } from './jobs.ts';
import { checkKey, keyFingerprint } from './key.ts';
import { createSdk } from './sdk.ts';

export type { RemoteFile, Upload } from './files.ts';
export type { Creation, ListedJob } from './jobs.ts';
export { type Line, splitLines } from './lines.ts';
export { isEnd, type Job } from './operation.ts';

/** Google's own address. */
export const GEMINI_URL = 'https://generativelanguage.googleapis.com';

/**
 * The Gemini API at one address with one key: files, batch jobs and result files.
 *
 * Facts about Google's behaviour are from its documentation (https://ai.google.dev/gemini-api/docs/batch-api, November
 * 2026) and from the public reports of its users; where a fact is not documented, the comment says so.
 *
 * @throws `key-invalid` for a text that cannot be a key, `usage` for a base URL with a user or a password, which is not quoted
 */
export function createGemini(options: HttpOptions) {
  checkKey(options.apiKey);
  if (!isGeminiUrl(options.baseUrl))
    throw new HummingbatchError('usage', `The URL of the Gemini API must be ${GEMINI_URL_MUST}.`, {
      fix: 'Correct HUMMINGBATCH_GEMINI_URL, or the option `geminiUrl`.',
    });
  const http = createHttp(options);
  const sdk = createSdk(options);
  return {
    endpoint: new URL(options.baseUrl).origin,
    keyFingerprint: keyFingerprint(options.apiKey),
    files: createFiles(http, sdk),
    jobs: createJobs(http, sdk),
    redactKey: http.redactKey,
    results: (file: string, offset: number, signal: AbortSignal, options?: Pick<DownloadOptions, 'again'>) =>
      download(http, file, offset, signal, options),
  };
}

export type Gemini = ReturnType<typeof createGemini>;
