import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createOutput } from '../../../src/cli/render/output.ts';
import { createScreen, renderBar, renderScreen } from '../../../src/cli/render/screen.ts';
import type { BatchProgress } from '../../../src/contract/index.ts';

const stream = new PassThrough() as unknown as NodeJS.WriteStream;
const output = createOutput({ stdout: stream, stderr: stream, env: {}, json: false, verbose: false });
const NOW = Date.parse('2026-11-23T10:41:00.000Z');

const WAITING: BatchProgress = {
  batchId: 'b-1',
  state: 'WAITING',
  labels: ['autumn'],
  round: 2,
  outputs: { total: 60, image: 20, refused: 1, failed: 0, missing: 0 },
  job: 'batches/abc',
  jobs: [{ name: 'batches/abc', round: 2, submission: 1, state: 'RUNNING' }],
  check: { number: 12, jobState: 'RUNNING', pending: 30, successful: 10, failed: 0 },
  lastCheck: '2026-11-23T10:40:30.000Z',
  nextCheck: '2026-11-23T10:48:12.000Z',
  costUsd: { estimated: 4.03, actual: 1.5 },
  maxCostUsd: 5,
  startedAt: '2026-11-23T10:00:00.000Z',
};

test('shows the job, the rows and the time to the next check of a waiting batch', () => {
  expect(renderScreen(WAITING, output, NOW).split('\n')).toEqual([
    'b-1  waiting  round 2, 41 min 0 s',
    `${'█'.repeat(10)}${'░'.repeat(30)}  10 of 40`,
    'labels  autumn',
    'job     batches/abc, running',
    'check   12, 30 s ago, next in 7 min 12 s',
    'outputs 20 of 60 are images, 1 refused, 0 failed, 0 missing',
    'cost    1.50 USD so far, 4.03 USD estimated, at most 5.00 USD',
    'Ctrl-C leaves it.',
  ]);
});

test('shows the present step and counts outputs where the batch does not wait', () => {
  const collecting: BatchProgress = { ...WAITING, state: 'COLLECTING', nextCheck: undefined };
  const [, bar, step] = renderScreen(collecting, output, NOW).split('\n');
  expect(bar).toBe(`${'█'.repeat(13)}${'░'.repeat(27)}  20 of 60`);
  expect(step).toBe('round 2: fetching the images');
});

test('shows a batch without a plan', () => {
  const outputs = { total: 0, image: 0, refused: 0, failed: 0, missing: 0 };
  const { batchId, jobs, startedAt } = { ...WAITING, jobs: [] };
  const costUsd = { estimated: 0, actual: 0 };
  const screen = renderScreen(
    { batchId, jobs, startedAt, costUsd, outputs, state: 'PREPARING', round: 0 },
    output,
    NOW,
  );
  expect(screen).toContain('reading and checking the manifest');
  expect(screen).not.toMatch(/NaN|undefined/);
});

test('shows a bar of the rows and the present step on one line', () => {
  expect(renderBar(WAITING, output)).toBe(
    `${'█'.repeat(10)}${'░'.repeat(30)} round 2: waiting for batches/abc: running, 10 of 40`,
  );
});

test('draws no control characters of a foreign text', () => {
  let drawn = '';
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  terminal.on('data', (chunk: Buffer) => (drawn += chunk.toString()));
  const screen = createScreen(terminal as unknown as NodeJS.WriteStream, () => 'a\u001b]52;c;eA==\u0007b');
  screen.show(WAITING);
  screen.stop();
  expect(drawn).toContain('a]52;c;eA==b');
  expect(drawn).not.toContain('\u001b]52');
});
