/**
 * `npm run demo`: a whole batch on a real Temporal server, with the worker killed in the middle. Everything is real but
 * Google, whose part the emulator plays. With `-- --stay` it keeps everything up to look around.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatUsd } from '../src/batch/money.ts';
import { createOutput } from '../src/cli/render/output.ts';
import { createProgressView } from '../src/cli/render/progress-view.ts';
import { type BatchHandle, connectTemporal, createHummingbatch } from '../src/client/index.ts';
import { HummingbatchError, toWorkflowId } from '../src/contract/index.ts';
import { ownTaskQueue } from '../src/contract/queues.ts';
import { createEmulator } from '../src/emulator/index.ts';
import { findServer, startServer } from '../src/host/server.ts';
import { openStore } from '../src/store/open.ts';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const MANIFEST = fileURLToPath(new URL('../examples/catalogue/manifest.yaml', import.meta.url));
const FOLDER = resolve('hummingbatch-demo');
const JOB_SECONDS = 8;
/** The worker dies when this share of the rows is done. */
const KILL_AT = 0.4;

const stay = process.argv.includes('--stay');
const { stdout, stderr, env } = process;
const output = createOutput({ stdout, stderr, env, json: false, verbose: false });

const log = (sentence: string): void => output.say(sentence);

async function main(): Promise<void> {
  if (await findServer(await openStore(FOLDER))) {
    throw new HummingbatchError('usage', 'A demo is still up in this folder.', {
      fix: 'End it with Ctrl-C first.',
    });
  }
  await rm(FOLDER, { recursive: true, force: true });
  const store = await openStore(FOLDER);
  const temporal = await startServer({ store, env: process.env, say: log });
  const emulator = await createEmulator({ jobSeconds: JOB_SECONDS });
  const taskQueue = ownTaskQueue(store.id);
  const startWorker = () =>
    spawnWorker({ store: FOLDER, address: temporal.address, gemini: emulator.url, taskQueue });
  let worker = startWorker();
  const client = await connectTemporal(temporal);
  try {
    const options = { checkIntervalMs: 1_000, submitWindowMs: 2_000 };
    const hummingbatch = createHummingbatch({ store, client, taskQueue, options });
    const { batchId } = await hummingbatch.startBatch({ manifest: MANIFEST });
    const run = encodeURIComponent(toWorkflowId(batchId));
    output.say(`This run in the Temporal UI: ${temporal.uiUrl}/namespaces/default/workflows/${run}`);
    output.say(
      'Google is played by an emulator on this machine; the Temporal server and the worker are real.',
    );
    worker = await follow(hummingbatch.batch(batchId), worker, startWorker);
    await summarise(hummingbatch.batch(batchId));
    if (stay) await untilInterrupted();
  } finally {
    await end(worker, 'SIGTERM');
    await client.connection.close();
    await emulator.close();
    await temporal.release();
  }
}

/** Shows the progress, and in the middle of it takes the worker's life. */
async function follow(
  batch: BatchHandle,
  first: ChildProcess,
  startWorker: () => ChildProcess,
): Promise<ChildProcess> {
  const view = await createProgressView(output, 'bar');
  let worker = first;
  let killed = false;
  for await (const progress of batch.progress()) {
    view.show(progress);
    const { check, state } = progress;
    const done = check ? check.successful / Math.max(1, check.successful + check.failed + check.pending) : 0;
    if (killed || state !== 'WAITING' || done < KILL_AT) continue;
    killed = true;
    view.stop();
    await end(worker, 'SIGKILL');
    output.say(
      `Killed the worker (SIGKILL, pid ${worker.pid}). The job continues at Google; Temporal keeps the batch's state.`,
    );
    await pause(1_500);
    worker = startWorker();
    output.say(`Started another worker (pid ${worker.pid}): it takes up the batch where it stood.`);
  }
  view.stop();
  return worker;
}

async function summarise(batch: BatchHandle): Promise<void> {
  const { state, outputs, round, jobs, costUsd } = await batch.status();
  const { total, image, refused, failed, missing } = outputs;
  output.say(
    `${state}: ${image} of ${total} images, ${refused} refused, ${failed} failed, ${missing} missing.`,
  );
  output.say(`${round} rounds, ${jobs.length} jobs, ${formatUsd(costUsd.actual)} had it been Google's.`);
  output.say(`Report: ${join(FOLDER, 'batches', batch.id, 'report.html')}`);
}

interface WorkerPlace {
  store: string;
  address: string;
  gemini: string;
  taskQueue: string;
}

function spawnWorker({ store, address, gemini, taskQueue }: WorkerPlace): ChildProcess {
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: address,
    HUMMINGBATCH_GEMINI_URL: gemini,
    HUMMINGBATCH_TASK_QUEUE: taskQueue,
    GEMINI_API_KEY: 'emulated',
  };
  return spawn(process.execPath, [CLI, 'worker', '--store', store], { env, stdio: 'ignore' });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

async function untilInterrupted(): Promise<void> {
  output.say('Everything stays up. Ctrl-C ends it.');
  const keepAlive = setInterval(() => undefined, 60_000);
  await once(process, 'SIGINT');
  clearInterval(keepAlive);
}

await main();
