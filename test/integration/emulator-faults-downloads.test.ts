import { describe, expect, it } from 'vitest';
import { withFaults } from './emulator-faults-kit.ts';

describe('faults of a download', () => {
  it('broken: cut after exactly `afterBytes`, several times, and then complete', async () => {
    const { endedJob, downloadUntilItBreaks, emulator } = await withFaults([
      { fault: 'download.broken', afterBytes: 1234, times: 2 },
    ]);
    const job = await endedJob();
    for (let time = 0; time < 2; time += 1) {
      expect(await downloadUntilItBreaks(job)).toMatchObject({ bytes: 1234, broke: true });
    }
    const whole = await downloadUntilItBreaks(job);
    expect(whole.broke).toBe(false);
    expect((await emulator.ledger()).bytesDownloaded).toBe(whole.bytes + 2 * 1234);
  });

  it('broken: all bytes before the cut arrive, whatever is still in the buffers', async () => {
    const { endedJob, downloadUntilItBreaks } = await withFaults(
      [{ fault: 'download.broken', afterBytes: 25_000_000 }],
      { imageBytes: 20_000_000 },
    );
    expect(await downloadUntilItBreaks(await endedJob(['a']))).toMatchObject({
      bytes: 25_000_000,
      broke: true,
    });
  });

  it('broken: a Range request continues after the cut', async () => {
    const { endedJob, download, downloadUntilItBreaks } = await withFaults([
      { fault: 'download.broken', afterBytes: 5000, times: 1 },
    ]);
    const job = await endedJob();
    await downloadUntilItBreaks(job);
    const rest = await download(job, { range: 'bytes=5000-' });
    const whole = await download(job);
    expect(rest.status).toBe(206);
    expect(rest.text).toBe(whole.text.slice(5000));
  });

  it('short: an early end that looks normal', async () => {
    const { endedJob, downloadUntilItBreaks, download } = await withFaults([
      { fault: 'download.short', afterBytes: 2000, match: { nth: [1, 3] } },
    ]);
    const job = await endedJob();
    const short = await downloadUntilItBreaks(job);
    expect(short).toMatchObject({ bytes: 2000, broke: false });
    expect(short.headers.get('content-length')).toBeNull();
    expect((await downloadUntilItBreaks(job)).bytes).toBeGreaterThan(2000);
    const part = await download(job, { range: 'bytes=100-' });
    expect([part.status, part.text.length, part.headers.get('content-length')]).toEqual([206, 2000, null]);
  });

  it('hang: nothing more arrives, and the connection stays open', async () => {
    const { endedJob, downloadUntilItBreaks } = await withFaults([
      { fault: 'download.hang', afterBytes: 500 },
    ]);
    const stalled = await downloadUntilItBreaks(await endedJob(), AbortSignal.timeout(400));
    expect(stalled).toMatchObject({ bytes: 500, broke: true, error: { name: 'TimeoutError' } });
  });

  it('no-length: a part of it has no Content-Length', async () => {
    const { endedJob, download } = await withFaults([{ fault: 'download.no-length', times: 1 }]);
    const job = await endedJob();
    const lengths = [];
    for (let time = 0; time < 2; time += 1) {
      lengths.push((await download(job, { range: 'bytes=0-9' })).headers.get('content-length'));
    }
    expect(lengths).toEqual([null, '10']);
  });

  it('no-range: 200 and the whole file, despite Range', async () => {
    const { endedJob, download } = await withFaults([{ fault: 'download.no-range', times: 1 }]);
    const job = await endedJob();
    const answer = await download(job, { range: 'bytes=100-' });
    expect([answer.status, answer.headers.get('accept-ranges')]).toEqual([200, null]);
    expect(answer.text).toBe((await download(job)).text);
  });

  it('gzip: compressed although the client did not ask for it', async () => {
    const { endedJob, download, emulator } = await withFaults([{ fault: 'download.gzip', times: 1 }]);
    const job = await endedJob();
    const compressed = await download(job, { 'accept-encoding': 'identity' });
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    const sent = (await emulator.ledger()).bytesDownloaded;
    const { text } = await download(job);
    expect(compressed.text).toBe(text);
    expect(sent).toBeLessThan(text.length);
  });

  it('gzip and broken together: in the order of the plan', async () => {
    const { endedJob, emulator, downloadUntilItBreaks, download } = await withFaults([
      { fault: 'download.broken', afterBytes: 20, times: 1 },
      { fault: 'download.gzip', times: 1 },
    ]);
    const job = await endedJob();
    const response = await downloadUntilItBreaks(job);
    expect(response.broke).toBe(true);
    expect((await emulator.ledger()).bytesDownloaded).toBe(20);
    expect((await download(job)).status).toBe(200);
  });

  it('refuse: 5xx, then gone', async () => {
    const { endedJob, download } = await withFaults([
      { fault: 'download.refuse', status: 'UNAVAILABLE', times: 1 },
      { fault: 'download.refuse', status: 'NOT_FOUND' },
    ]);
    const job = await endedJob();
    const statuses = [];
    for (let time = 0; time < 3; time += 1) statuses.push((await download(job)).status);
    expect(statuses).toEqual([503, 404, 404]);
  });
});

describe('faults of a result file', () => {
  const KEYS = Array.from({ length: 20 }, (_, number) => `key-${number}`);
  const keysIn = (text: string) =>
    text
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).key);

  it('shuffled: all lines in another order, the same each time and with Range', async () => {
    const { endedJob, download } = await withFaults([{ fault: 'result.shuffled' }]);
    const job = await endedJob(KEYS);
    const { text } = await download(job);
    expect(keysIn(text)).not.toEqual(KEYS);
    expect(new Set(keysIn(text))).toEqual(new Set(KEYS));
    expect(keysIn(text)).toHaveLength(KEYS.length);
    expect((await download(job, { range: 'bytes=9000-' })).text).toBe(text.slice(9000));
  });

  it('crlf and blank-lines: at each end of a line', async () => {
    const { endedJob, download } = await withFaults([
      { fault: 'result.crlf' },
      { fault: 'result.blank-lines' },
    ]);
    const { text } = await download(await endedJob());
    expect(text.split('\r\n')).toHaveLength(7);
    expect(text).toMatch(/\}\r\n\r\n$/);
    expect(keysIn(text)).toEqual(['a', 'b', 'c']);
  });

  it('cut-off: the last line ends in the middle, and the download is complete', async () => {
    const { endedJob, download } = await withFaults([{ fault: 'result.cut-off' }]);
    const { text } = await download(await endedJob());
    const lines = text.split('\n');
    expect(lines).toHaveLength(3);
    expect(() => JSON.parse(lines[2] ?? '')).toThrow(SyntaxError);
    expect(lines[2]?.length).toBeCloseTo((lines[1]?.length ?? 0) / 2, -2);
  });

  it('cut-off: applies to the last row that has a line', async () => {
    const { endedJob, download } = await withFaults([
      { fault: 'result.cut-off' },
      { fault: 'line.missing', match: { key: 'c' } },
    ]);
    const lines = (await download(await endedJob())).text.split('\n');
    expect(lines).toHaveLength(2);
    expect(() => JSON.parse(lines[1] ?? '')).toThrow(SyntaxError);
  });
});
