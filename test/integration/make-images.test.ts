import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import pino from 'pino';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { BatchProgress, OutputRecord } from '../../src/contract/index.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { endProcess, isRunning } from '../../src/local/process.ts';
import { readRecord } from '../../src/local/record.ts';
import type { ManifestInput } from '../../src/manifest/index.ts';
import { importBuilt } from '../support/built.ts';
import { listJobs } from '../support/jobs.ts';
import { SHORT_LIVED } from '../support/node.ts';

const SCRIPT = fileURLToPath(new URL('../support/make-images-process.ts', import.meta.url));
const OPTIONS = { checkIntervalMs: 1_000, submitWindowMs: 1_000 };

let makeImages: Awaited<ReturnType<typeof importBuilt>>['makeImages'];
beforeAll(async () => {
  ({ makeImages } = await importBuilt());
});

function manifest(name: string, run: ManifestInput['run'] = {}): ManifestInput {
  const items = [
    { key: 'hero', prompt: 'A bottle on wet slate', count: 2 },
    { key: 'flat', prompt: 'A bottle from above' },
  ];
  return { name, model: 'nano-banana-pro', items, run };
}

/** The same, with an output that needs a second round. */
function twoRounds(name: string): ManifestInput {
  const { items, ...rest } = manifest(name);
  return { ...rest, items: [...items, { key: 'late', prompt: 'A bottle at night [fail once]' }] };
}

/** A folder for a store, and an emulator of Google; both are gone when the test is over. */
async function setUp(options: EmulatorOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-make-'));
  const emulator = await createEmulator({ jobSeconds: 1, images: 'plain', ...options });
  const store = join(folder, 'store');
  onTestFinished(async () => {
    await emulator.close();
    const server = await readRecord(join(store, '.temporal'));
    if (server) await endProcess(server, 5_000);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder,
    store,
    emulator,
    /** For a call on the Temporal server of the test run. */
    call: {
      ...{ store, geminiUrl: emulator.url, apiKey: 'test-key', maxCostUsd: 5, options: OPTIONS },
      temporal: { address: inject('temporal') },
    },
  };
}

async function collect(records: AsyncIterable<OutputRecord>): Promise<OutputRecord[]> {
  const all: OutputRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

const outputs = (records: readonly OutputRecord[]) => records.map(({ output }) => output).toSorted();

describe('makeImages', () => {
  test('starts a server and a worker, yields each output once, and ends both', async () => {
    const { store } = await setUp();
    const signalHandlers = ['SIGINT', 'SIGTERM'].map((name) => process.listenerCount(name));
    const seen: number[][] = [];
    const onProgress = () => seen.push(['SIGINT', 'SIGTERM'].map((name) => process.listenerCount(name)));
    const run = makeImages(manifest('happy'), { store, maxCostUsd: 5, emulator: true, onProgress });
    const records = await collect(run);

    expect(outputs(records)).toEqual(['flat#1', 'hero#1', 'hero#2']);
    expect(records.every(({ outcome, file = '' }) => outcome === 'image' && file.startsWith('images/'))).toBe(
      true,
    );
    expect(run.progress).toMatchObject({ state: 'COMPLETED', outputs: { total: 3, image: 3 } });
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen.map(String)), 'it installs no signal handler').toEqual(
      new Set([String(signalHandlers)]),
    );
    const server = await readRecord(join(store, '.temporal'));
    expect(server && isRunning(server)).toBe(false);

    // Nothing answers at this address, and there is no key: whatever it started would fail.
    const again = { store, maxCostUsd: 5, apiKey: '', temporal: { address: '127.0.0.1:1' } };
    const stored = makeImages(manifest('happy'), again);
    expect(await collect(stored)).toEqual(records.toSorted((a, b) => order(a) - order(b)));
    expect(stored.progress?.state).toBe('COMPLETED');
  });

  test('continues the batch of a process that was killed, and pays for one job', async () => {
    const { folder, store, emulator } = await setUp({ jobSeconds: 6 });
    const path = join(folder, 'manifest.json');
    await writeFile(path, JSON.stringify(manifest('killed')));
    const child = spawn(
      process.execPath,
      [...SHORT_LIVED, '--import', 'tsx', SCRIPT, path, store, emulator.url],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) {
      const { state, job } = JSON.parse(line) as BatchProgress;
      if (state === 'WAITING' && job) break;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');

    const run = makeImages(path, { store, geminiUrl: emulator.url, apiKey: 'test-key', maxCostUsd: 5 });
    expect(outputs(await collect(run))).toEqual(['flat#1', 'hero#1', 'hero#2']);
    const { jobs } = await emulator.ledger();
    expect(listJobs(jobs, run.progress?.batchId ?? '')).toHaveLength(1);
  });

  test('yields the images of a round while the next round runs; left there, it closes and continues later', async () => {
    const { call, emulator, store } = await setUp({ jobSeconds: 2 });
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    const run = makeImages(twoRounds('left'), { ...call, log });
    const early: OutputRecord[] = [];
    for await (const record of run) {
      early.push(record);
      if (early.length === 3) break;
    }
    expect(outputs(early)).toEqual(['flat#1', 'hero#1', 'hero#2']);
    const { batchId, state } = run.progress ?? { batchId: '' };
    expect(state).not.toMatch(/^COMPLETED/);
    expect(lines.join('')).toContain(`The batch ${batchId} stands still here`);
    expect(existsSync(join(store, 'batches', batchId, 'report.json'))).toBe(false);

    const next = makeImages(twoRounds('left'), call);
    const all = await collect(next);
    expect(outputs(all)).toEqual(['flat#1', 'hero#1', 'hero#2', 'late#1']);
    for (const record of early) expect(all).toContainEqual(record);
    const { jobs } = await emulator.ledger();
    expect(listJobs(jobs, batchId), 'one for each round').toHaveLength(2);
  });

  test('aborted, it names the batch and the job that continues at Google', async () => {
    const { call, emulator } = await setUp({ jobSeconds: 3 });
    const stopping = new AbortController();
    const reason = new Error('The user has left.');
    const run = makeImages(manifest('aborted'), {
      ...call,
      signal: stopping.signal,
      onProgress: ({ state, job }) => state === 'WAITING' && job && stopping.abort(reason),
    });
    const error = await collect(run).catch((thrown: unknown) => thrown);
    const { batchId = '', job = '' } = run.progress ?? {};
    expect(job).toMatch(/^batches\//);
    expect(error).toMatchObject({
      code: 'aborted',
      message: `The batch ${batchId} stands still here, and its job ${job} continues at Google and is billed.`,
      cause: reason,
      actions: expect.arrayContaining([{ action: 'cancel', batchId }]),
    });
    expect(outputs(await collect(makeImages(manifest('aborted'), call)))).toHaveLength(3);
    expect(listJobs((await emulator.ledger()).jobs, batchId)).toHaveLength(1);
  });

  test('aborted before it began, it starts nothing', async () => {
    const { call, store } = await setUp();
    const run = makeImages(manifest('early'), { ...call, signal: AbortSignal.abort(new Error('No.')) });
    await expect(collect(run)).rejects.toMatchObject({ code: 'aborted' });
    expect(existsSync(store)).toBe(false);
  });

  test('throws the stop of a batch that needs an operator, with what continues it', async () => {
    const fault = {
      fault: 'create.refuse',
      status: 'PERMISSION_DENIED',
      message: 'No access.',
      times: 1,
    } as const;
    const { call } = await setUp({ faults: { faults: [fault] } });
    const run = makeImages(manifest('stopped'), call);
    const error = await collect(run).catch((thrown: unknown) => thrown);
    const { batchId = '' } = run.progress ?? {};
    expect(error).toMatchObject({
      code: 'permission-denied',
      actions: expect.arrayContaining([{ action: 'retry', batchId }]),
    });
    expect(run.progress?.state).toBe('NEEDS_ATTENTION');
  });

  test('throws over-budget and pays nothing where the budget is too small', async () => {
    const { call, emulator } = await setUp();
    const run = makeImages(manifest('poor'), { ...call, maxCostUsd: 0.01 });
    await expect(collect(run)).rejects.toMatchObject({ code: 'over-budget' });
    expect((await emulator.ledger()).jobs).toEqual([]);
  });

  test('throws approval-required and pays nothing where the batch waits for approval', async () => {
    const { call, emulator } = await setUp();
    const run = makeImages(manifest('dear', { approveAboveUsd: 0.01 }), call);
    const error = await collect(run).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'approval-required',
      actions: expect.arrayContaining([
        { action: 'approve', batchId: run.progress?.batchId, approved: true },
      ]),
    });
    expect((await emulator.ledger()).jobs).toEqual([]);
  });

  test.for([
    ['usage', 'without a budget', { maxCostUsd: undefined }],
    ['usage', 'with a budget that is not a number', { maxCostUsd: Number.NaN }],
    ['no-key', 'without a key', { apiKey: '' }],
  ] as const)('throws %s %s before it makes anything', async ([code, , change]) => {
    const { call, store } = await setUp();
    const error = await collect(makeImages(manifest('refused'), { ...call, ...change })).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code });
    expect(existsSync(store)).toBe(false);
  });

  test('takes the budget of the manifest', async () => {
    const { call } = await setUp();
    const run = makeImages(manifest('own-budget', { maxCostUsd: 5 }), { ...call, maxCostUsd: undefined });
    expect(await collect(run)).toHaveLength(3);
    expect(run.progress?.maxCostUsd).toBe(5);
  });

  test('uses the Temporal Runtime that the process has, and leaves it as it is', async () => {
    const { call } = await setUp();
    const runtime = Runtime.install({
      shutdownSignals: [],
      logger: new DefaultLogger('ERROR', () => undefined),
    });
    const connection = await NativeConnection.connect({ address: inject('temporal') });
    onTestFinished(() => connection.close());
    expect(await collect(makeImages(manifest('runtime'), call))).toHaveLength(3);
    expect(Runtime.instance()).toBe(runtime);
    await expect(connection.workflowService.getSystemInfo({})).resolves.toBeDefined();

    const metrics = makeImages(manifest('runtime-metrics'), { ...call, metrics: '127.0.0.1:9999' });
    await expect(collect(metrics)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('this process has a Temporal Runtime already'),
    });
  });
});

/** The manifest's order. */
function order({ output }: OutputRecord): number {
  return ['hero#1', 'hero#2', 'flat#1'].indexOf(output);
}
