/**
 * `npm run bench:batch` runs a batch of 1000 outputs of about 1 MB each, with the worker in its own process. Prints the time
 * of each step, the worker's peak memory, and the time that the disk alone needs for the same bytes.
 *
 * `npm run bench:batch -- 200 500000` takes 200 outputs of 500,000 bytes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { connectTemporal, createHummingbatch } from '../src/client/index.ts';
import { toWorkflowId } from '../src/contract/index.ts';
import { createEmulator } from '../src/emulator/index.ts';
import { openStore } from '../src/store/open.ts';
import type { Store } from '../src/store/store.ts';
import { startTestTemporal } from '../test/support/temporal-server.ts';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const [outputs = 1000, imageBytes = 1_000_000] = process.argv.slice(2).map(Number);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-bench-'));
  const temporal = await startTestTemporal();
  const emulator = await createEmulator({ jobSeconds: 1, images: 'plain', imageBytes });
  const store = await openStore(join(folder, 'store'));
  const client = await connectTemporal(temporal);
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: temporal.address,
    HUMMINGBATCH_TASK_QUEUE: 'bench',
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    GEMINI_API_KEY: 'bench',
  };
  const worker = spawn(process.execPath, [CLI, 'worker', '--store', store.location], {
    env,
    stdio: 'ignore',
  });
  try {
    const batchId = await runBatch(client, store, folder);
    for (const { step, ms } of await readTimes(client, batchId))
      print(`${step.padEnd(14)} ${(ms / 1000).toFixed(2).padStart(7)} s`);
    const collect =
      (await readTimes(client, batchId)).find(({ step }) => step === 'collectRound')?.ms ?? Number.NaN;
    const disk = await timeDisk(store);
    const megabytes = (outputs * imageBytes) / 1e6;
    print(
      `collected ${megabytes.toFixed(0)} MB at ${(megabytes / (collect / 1000)).toFixed(0)} MB/s, ${(collect / disk).toFixed(2)} times the time of the disk alone`,
    );
    print(`peak memory of the worker: ${await peakMegabytes(worker.pid ?? 0)} MB`);
  } finally {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    await client.connection.close();
    await emulator.close();
    await temporal.release();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runBatch(client: Client, store: Store, folder: string): Promise<string> {
  const options = { checkIntervalMs: 1_000, submitWindowMs: 1_000 };
  const hummingbatch = createHummingbatch({ store, client, taskQueue: 'bench', options });
  const path = join(folder, 'bench.json');
  const items = [{ key: 'image', prompt: 'A bottle on slate', count: outputs }];
  await writeFile(path, JSON.stringify({ name: 'bench', model: 'nano-banana-pro', items }));
  const { batchId } = await hummingbatch.startBatch({ manifest: path });
  await hummingbatch.batch(batchId).wait();
  return batchId;
}

/** The time from scheduling an activity to its completion, summed for each step. */
async function readTimes(client: Client, batchId: string): Promise<{ step: string; ms: number }[]> {
  const { events } = await client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
  const scheduled = new Map<string, { step: string; at: number }>();
  const times = new Map<string, number>();
  for (const {
    eventId,
    eventTime,
    activityTaskScheduledEventAttributes: begin,
    activityTaskCompletedEventAttributes: end,
  } of events ?? []) {
    const at = Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
    if (begin) scheduled.set(String(eventId), { step: begin.activityType?.name ?? '', at });
    const began = end && scheduled.get(String(end.scheduledEventId));
    if (began) times.set(began.step, (times.get(began.step) ?? 0) + at - began.at);
  }
  return [...times].map(([step, ms]) => ({ step, ms }));
}

/** The time to write the same files in the same groups and with the same durability. */
async function timeDisk(store: Store): Promise<number> {
  const data = Buffer.alloc(imageBytes, 1);
  const group = Math.max(1, Math.min(32, Math.floor((8 << 20) / imageBytes)));
  const began = performance.now();
  for (let n = 0; n < outputs; n += group) {
    await store.putAll(
      Array.from({ length: Math.min(group, outputs - n) }, (_, index) => ({
        key: `bench/${n + index}`,
        data,
      })),
    );
  }
  return performance.now() - began;
}

async function peakMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024);
}

await main();
