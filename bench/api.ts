/**
 * `npm run bench:api` measures the HTTP API (`hummingbatch api`) in its own process, with a worker, an emulator and Temporal.
 *
 * 1. Creates a batch of 1000 items with 20 references over multipart, and compares the time with writing the same bytes.
 * 2. Runs 200 concurrent readers of `GET /v1/batches/ID` while ten clients upload 100 MB each. Prints errors, latency and
 *    the peak memory of the API.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import sharp from 'sharp';
import { createEmulator } from '../src/emulator/index.ts';
import { startTestTemporal } from '../test/support/temporal-server.ts';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const READERS = 200;
const UPLOADS = 10;
/** One upload has four references of 25 MB. */
const PARTS = 4;
const PART_BYTES = 25_000_000;
const CREATES = 7;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-bench-'));
  const temporal = await startTestTemporal();
  const emulator = await createEmulator({ jobSeconds: 3600, images: 'plain' });
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: temporal.address,
    HUMMINGBATCH_TASK_QUEUE: 'bench',
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    HUMMINGBATCH_STORE: join(folder, 'store'),
    HUMMINGBATCH_API_REQUESTS_PER_MINUTE: '10000000',
    HUMMINGBATCH_LOG: 'json',
    GEMINI_API_KEY: 'bench',
  };
  const worker = spawn(process.execPath, [CLI, 'worker'], { env, stdio: 'ignore' });
  const api = spawn(process.execPath, [CLI, 'api', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await readUrl(api);
    await waitUntilReady(url);
    await benchCreating(url, folder);
    await benchReading(url, api.pid ?? 0);
  } finally {
    for (const child of [api, worker]) await end(child);
    await emulator.close();
    await temporal.release();
    await rm(folder, { recursive: true, force: true });
  }
}

async function readUrl({ stdout }: ChildProcess): Promise<string> {
  for await (const text of stdout ?? []) return (JSON.parse(String(text)) as { url: string }).url;
  throw new Error('the API ended');
}

async function waitUntilReady(url: string): Promise<void> {
  while (!(await fetch(`${url}/readyz`)).ok) await pause(100);
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

/** A manifest of 1000 items, 20 references of about 1 MB. */
async function benchCreating(url: string, folder: string): Promise<void> {
  const names = Array.from({ length: 20 }, (_, n) => `refs/${n}.jpg`);
  const items = Array.from({ length: 1000 }, (_, n) => ({
    key: `item-${n}`,
    prompt: `The bottle number ${n} on wet slate at dawn, soft side light, shallow depth of field`,
    references: [`r${n % 20}`],
  }));
  const times: number[] = [];
  const disk: number[] = [];
  for (let run = 0; run < CREATES; run++) {
    const files = await Promise.all(names.map(() => createNoiseImage(1_000_000)));
    const manifest = {
      name: `bench-${run}`,
      model: 'nano-banana-pro',
      references: Object.fromEntries(names.map((name, n) => [`r${n}`, `./${name}`])),
      items,
      run: { approveAboveUsd: 0 },
    };
    const form = new FormData();
    form.append('manifest', new File([JSON.stringify(manifest)], 'manifest.json'));
    for (const [n, bytes] of files.entries()) form.append(names[n] ?? '', new File([bytes], 'x.jpg'));
    times.push(
      await timed(async () => {
        const answer = await fetch(`${url}/v1/batches`, { method: 'POST', body: form });
        if (answer.status !== 201) throw new Error(await answer.text());
      }),
    );
    disk.push(await timed(() => writeAll(folder, files)));
  }
  print(
    `create 1000 items, 20 references of 1 MB: ${formatSpread(times)}; the disk alone ${formatSpread(disk)}`,
  );
}

/** A JPEG of about this size that does not compress. */
async function createNoiseImage(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const side = Math.ceil(Math.sqrt(bytes / 3));
  const raw = { width: side, height: side, channels: 3 } as const;
  return new Uint8Array(
    await sharp(randomBytes(side * side * 3), { raw })
      .jpeg({ quality: 92 })
      .toBuffer(),
  );
}

/** Writes the same bytes with the same durability: each file is synced. */
async function writeAll(folder: string, files: readonly Uint8Array[]): Promise<void> {
  for (const [n, bytes] of files.entries()) {
    const file = await open(join(folder, `disk-${n}`), 'w');
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
  }
}

async function benchReading(url: string, pid: number): Promise<void> {
  const { batches } = (await (await fetch(`${url}/v1/batches?limit=1`)).json()) as {
    batches: { batchId: string }[];
  };
  const before = await readMemory(pid);
  const uploads = Promise.all(Array.from({ length: UPLOADS }, (_, n) => upload(url, n)));
  const reading = autocannon({
    url: `${url}/v1/batches/${batches[0]?.batchId}`,
    connections: READERS,
    duration: 20,
    timeout: 30,
  });
  let peak = 0;
  const sampling = new AbortController();
  const watch = (async () => {
    while (!sampling.signal.aborted) {
      peak = Math.max(peak, await readMemory(pid));
      await pause(50);
    }
  })();
  const statuses = await uploads;
  const { requests, latency, errors, timeouts, non2xx } = await reading;
  sampling.abort();
  await watch;
  print(`concurrent uploads of ${(PARTS * PART_BYTES) / 1e6} MB: ${statuses.join(' ')} (201: started)`);
  print(
    `${READERS} readers: ${requests.average.toFixed(0)} requests/s, p50 ${latency.p50} ms, p99 ${latency.p99} ms; ${errors} errors, ${timeouts} time-outs, ${non2xx} other than 2xx`,
  );
  print(`memory of the API: ${before.toFixed(0)} MB before, at most ${peak.toFixed(0)} MB`);
}

/** Sends four references of 25 MB that are generated while they are sent, so that the client needs no memory for them. */
async function upload(url: string, n: number): Promise<number> {
  const names = Array.from({ length: PARTS }, (_, part) => `refs/${part}.png`);
  const manifest = {
    name: `upload-${n}`,
    model: 'nano-banana-pro',
    references: { all: names },
    items: [{ key: 'a', prompt: 'A bottle', references: ['all'] }],
    run: { approveAboveUsd: 0 },
  };
  const boundary = `bench-${n}`;
  async function* body() {
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="manifest"; filename="m.json"\r\n\r\n${JSON.stringify(manifest)}\r\n`,
    );
    for (const name of names) {
      yield Buffer.from(
        `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="x.png"\r\n\r\n`,
      );
      yield* largePng(n * PARTS + names.indexOf(name));
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  }
  const answer = await fetch(`${url}/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: ReadableStream.from(body()),
    duplex: 'half',
  });
  if (answer.status !== 201) process.stderr.write(`${await answer.text()}\n`);
  return answer.status;
}

/** A valid PNG of one pixel with 25 MB in private chunks. Each seed gives other bytes. */
async function* largePng(seed: number): AsyncGenerator<Buffer> {
  const small = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  yield small.subarray(0, 33);
  const chunk = Buffer.alloc(250_000, seed + 1);
  chunk.writeUInt32BE(chunk.length - 12);
  chunk.write('prVt', 4, 'latin1');
  for (let sent = 0; sent < PART_BYTES; sent += chunk.length) yield chunk;
  yield small.subarray(33);
}

async function readMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function formatSpread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const [least = 0, median = 0, most = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return `${least.toFixed(0)} / ${median.toFixed(0)} / ${most.toFixed(0)} ms (minimum, median, maximum of ${sorted.length})`;
}

await main();
