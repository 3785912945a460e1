import { describe, expect, test } from 'vitest';
import { type Subject, toError, toNetworkError } from '../../../src/gemini/errors.ts';
import { readRefusal } from '../../../src/gemini/refusal.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

function envelope(code: number, status: string, message: string, details: unknown[] = []): string {
  return JSON.stringify({ error: { code, status, message, details } });
}

function catchError(
  status: number,
  body: string,
  subject: Subject = 'job',
  headers: Record<string, string> = {},
) {
  return toError(readRefusal(status, body, new Headers(headers), NOW), subject);
}

describe('an error answer of Google', () => {
  const badKey = [{ '@type': 'x/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' }];

  test.each<[number, string, string, unknown[], Subject, string]>([
    [400, 'INVALID_ARGUMENT', 'API key not valid.', badKey, 'create', 'key-invalid'],
    [400, 'FAILED_PRECONDITION', 'User location is not supported.', [], 'create', 'billing-required'],
    [400, 'INVALID_ARGUMENT', 'Invalid value.', [], 'create', 'request-rejected'],
    [400, 'INVALID_ARGUMENT', 'Unsupported MIME type: jsonl', [], 'upload', 'file-rejected'],
    [401, 'UNAUTHENTICATED', 'No.', [], 'job', 'key-invalid'],
    [403, 'PERMISSION_DENIED', 'No.', [], 'file', 'permission-denied'],
    [404, 'NOT_FOUND', 'No.', [], 'job', 'job-gone'],
    [404, 'NOT_FOUND', 'No.', [], 'file', 'file-gone'],
    [404, 'NOT_FOUND', 'No.', [], 'create', 'model-gone'],
    [404, 'NOT_FOUND', 'No.', [], 'result', 'result-gone'],
    [408, 'X', 'Slow.', [], 'create', 'unavailable'],
    [429, 'RESOURCE_EXHAUSTED', 'Quota.', [], 'create', 'rate-limited'],
    [500, 'INTERNAL', 'Oops.', [], 'job', 'unavailable'],
    [503, 'UNAVAILABLE', 'Later.', [], 'job', 'unavailable'],
    [504, 'DEADLINE_EXCEEDED', 'Later.', [], 'job', 'unavailable'],
  ])('%i %s (%s) is %5$s', (status, rpcStatus, message, details, subject, code) => {
    const error = catchError(status, envelope(status, rpcStatus, message, details), subject);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.message).toContain(rpcStatus);
  });

  const noFile = 'You do not have permission to access the File abc123 or it may not exist.';

  test.each<[number, string, Subject, string]>([
    [403, noFile, 'create', 'file-gone'],
    [403, noFile, 'file', 'file-gone'],
    [400, 'File abc123 was not found.', 'create', 'file-gone'],
    [404, 'The file files/abc123 has expired.', 'create', 'file-gone'],
    [503, noFile, 'create', 'unavailable'],
    [404, 'models/x is not found for API version v1beta.', 'create', 'model-gone'],
    [403, 'Your API key was reported as leaked. Please use another API key.', 'create', 'permission-denied'],
    [403, "Permission denied: Consumer 'api_key:x' has been suspended.", 'create', 'permission-denied'],
    [403, 'Generative Language API has not been used in project 1.', 'create', 'permission-denied'],
    [403, "Method doesn't allow unregistered callers.", 'file', 'permission-denied'],
    [403, noFile, 'job', 'permission-denied'],
    [400, 'API key expired. Please renew the API key.', 'create', 'request-rejected'],
    [400, 'Unsupported file type for input_config.', 'create', 'request-rejected'],
  ])(
    '%i "%s" to %s is %s: a file that is gone hides no key that was refused',
    (status, message, subject, code) => {
      expect(catchError(status, envelope(status, 'X', message), subject).code).toBe(code);
    },
  );

  test('is key-invalid when the key is wrong, whatever else the answer says', () => {
    expect(catchError(400, envelope(400, 'INVALID_ARGUMENT', noFile, badKey), 'create').code).toBe(
      'key-invalid',
    );
  });

  test.each([
    [
      'HTML',
      502,
      '<html><head><title>Bad</title></head><body>\n<h1>Bad gateway</h1></body></html>',
      'Bad Bad gateway',
    ],
    ['nothing', 503, '', 'no explanation'],
    ['another envelope', 500, '{"error":"just text"}', 'just text'],
    ['a list', 500, '[]', '[]'],
    ['null', 500, 'null', 'null'],
    ['a very long message', 500, `{"error":{"message":${JSON.stringify('x'.repeat(9000))}}}`, 'xxx'],
  ])('with %s (%i) is unavailable, with a short message', (_, status, body, words) => {
    const error = catchError(status, body);
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(words);
    expect(error.message.length).toBeLessThan(400);
  });

  test('uses RetryInfo before Retry-After', () => {
    const details = [{ '@type': 'x/Help' }, { '@type': 'x/google.rpc.RetryInfo', retryDelay: '37.5s' }];
    const body = envelope(429, 'RESOURCE_EXHAUSTED', 'Quota.', details);
    expect(catchError(429, body, 'create', { 'retry-after': '5' }).retryAfterMs).toBe(37_500);
  });

  test.each([
    ['12', 12_000],
    ['Sun, 22 Nov 2026 12:01:30 GMT', 90_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
  ])('Retry-After: %s is %s ms', (header, ms) => {
    expect(catchError(429, '', 'create', { 'retry-after': header }).retryAfterMs).toBe(ms);
  });

  test.each(['1h', '-3s', '99999999999999s', 'x', ''])('a retryDelay of %j is none', (retryDelay) => {
    const body = envelope(429, 'RESOURCE_EXHAUSTED', 'Quota.', [{ retryDelay }]);
    expect(catchError(429, body).retryAfterMs).toBeUndefined();
  });
});

describe('a call without an answer', () => {
  const failed = (cause: unknown) => new TypeError('fetch failed', { cause });
  const system = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });

  test('is unreachable, and names the cause instead of "fetch failed"', () => {
    const error = toNetworkError(
      failed(system('ECONNRESET', 'read')),
      'create',
      new AbortController().signal,
    );
    expect(error).toMatchObject({ code: 'unreachable' });
    expect((error as Error).message).toMatch(/creation of the job: ECONNRESET/);
  });

  test('names a timeout', () => {
    const error = toNetworkError(new DOMException('x', 'TimeoutError'), 'job', new AbortController().signal);
    expect((error as Error).message).toContain('no answer in time');
  });

  test('keeps our own cancellation unchanged', () => {
    const reason = new Error('cancelled');
    expect(toNetworkError(failed(system('ECONNRESET')), 'job', AbortSignal.abort(reason))).toBe(reason);
  });
});
