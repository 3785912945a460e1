import { mkdir, readdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { OutputRecord } from '../../src/contract/index.ts';
import { openDesk } from '../support/desk.ts';
import { preparePython } from '../support/python.ts';
import { prepareShellPath, runShell } from '../support/shell.ts';
import { openTestBatch, type TestBatch } from '../support/test-batch.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/any-language/', import.meta.url));
const TOKEN = 'any-language-secret-0';
const MINUTE = 60_000;

/** The requirement that the program itself names. */
const [REQUIREMENT = ''] =
  /temporalio==[\d.]+/.exec(await readFile(join(EXAMPLES, 'start.py'), 'utf8')) ?? [];

let world: World;
let worker: WorkerProcess;
let env: Record<string, string>;
const over = new AbortController();
const checks: Promise<void>[] = [];

beforeAll(async () => {
  world = await createWorld({ storeIn: 'hummingbatch', jobSeconds: 1 });
  worker = startWorkerProcess(world);
  env = {
    TEMPORAL_ADDRESS: inject('temporal'),
    HUMMINGBATCH_STORE: world.store.location,
    HUMMINGBATCH_TASK_QUEUE: world.taskQueue,
    PATH: await prepareShellPath(world.folder),
  };
});
afterAll(async () => {
  over.abort();
  await Promise.all(checks);
  await worker.stop();
  await world.close();
});

/** The examples check every 30 s, as with Google. The test sends checkNow instead of waiting. */
function checkUntilEnded({ handle }: TestBatch): void {
  const check = async () => {
    while (!over.signal.aborted) {
      // The batch does not wait for a job at the moment.
      await handle.checkNow().catch(() => undefined);
      await pause(300);
    }
  };
  checks.push(check());
}

/** Expects that a batch of the examples is complete. */
async function expectComplete(id: string): Promise<OutputRecord[]> {
  const batch = openTestBatch(world, id);
  expect(await batch.handle.status()).toMatchObject({
    state: 'COMPLETED',
    outputs: { total: 3, image: 3 },
    maxCostUsd: 5,
  });
  expect(await batch.workflow()).toBe('COMPLETED');
  const records = await batch.records();
  expect(records.map(({ output }) => output)).toEqual(['hero#1', 'hero#2', 'flatlay#1']);
  for (const { file = '', width, height } of records)
    expect(await sharp(imageAt(id, file)).metadata()).toMatchObject({ width, height });
  expect(await batch.jobs()).toHaveLength(1);
  return records;
}

function imageAt(id: string, file: string): string {
  return join(world.store.location, 'batches', id, file);
}

/** Expects the update `approve` in its history. */
async function expectApproved(id: string): Promise<void> {
  const history = await world.client.workflow.getHandle(`image-batch/${id}`).fetchHistory();
  const updates = (history.events ?? []).flatMap(
    ({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
      update?.acceptedRequest?.input?.name ?? [],
  );
  expect(updates).toContain('approve');
}

describe('examples/any-language', () => {
  test('start.sh runs a batch with only the Temporal CLI', { timeout: 2 * MINUTE }, async () => {
    const id = 'any-language-cli';
    checkUntilEnded(openTestBatch(world, id));
    const { code, output } = await runShell(`sh ${EXAMPLES}start.sh`, world.folder, { ...env, ID: id });
    expect(code, output).toBe(0);
    const records = await expectComplete(id);
    await expectApproved(id);
    for (const { file = '' } of records) expect(output).toContain(file.replace('images/', ''));
    // Another run would be a different batch under an id that exists.
    const again = await runShell(`sh ${EXAMPLES}start.sh`, world.folder, { ...env, ID: id });
    expect(again.code).not.toBe(0);
    expect(await openTestBatch(world, id).jobs()).toHaveLength(1);
  });

  test('start.py runs a batch with the Python SDK', { timeout: 5 * MINUTE }, async (context) => {
    const sdk = await preparePython(REQUIREMENT);
    if ('missing' in sdk) return context.skip(sdk.missing);
    const id = 'any-language-python';
    checkUntilEnded(openTestBatch(world, id));
    const PATH = `${dirname(sdk.python)}${delimiter}${env['PATH']}`;
    const { code, output } = await runShell(`python ${EXAMPLES}start.py`, world.folder, {
      ...env,
      ID: id,
      PATH,
    });
    expect(code, output).toBe(0);
    const records = await expectComplete(id);
    await expectApproved(id);
    expect(output).toMatch(
      `${id}: 3 images for ${(await openTestBatch(world, id).handle.status()).costUsd.estimated} USD`,
    );
    expect(output).toContain(`COMPLETED: 3 of 3\n${records.map(({ file }) => file).join('\n')}\n`);
  });

  test('api.sh runs a batch with only curl', { timeout: 2 * MINUTE }, async () => {
    const id = 'any-language-curl';
    const desk = await openDesk({
      TEMPORAL_ADDRESS: inject('temporal'),
      HUMMINGBATCH_TASK_QUEUE: world.taskQueue,
      HUMMINGBATCH_GEMINI_URL: world.emulator.url,
      HUMMINGBATCH_CHECK_INTERVAL: '1s',
      HUMMINGBATCH_API_TOKENS: `shop=${TOKEN}`,
    });
    try {
      const api = desk.begin('api', '--store', world.store.location);
      let apiLog = '';
      api.child.stderr?.on('data', (bytes: Buffer) => (apiLog += bytes.toString()));
      await api.said('API: ');
      const [, url = ''] = /API: (http:\/\/\S+)/.exec(apiLog) ?? [];
      const out = join(world.folder, 'out');
      await mkdir(out);
      // Like a remote application, the script knows neither the store nor Temporal.
      const clientEnvironment = { PATH: process.env['PATH'] ?? '', API: url, TOKEN, ID: id, OUT: out };
      const { code, output } = await runShell(`sh ${EXAMPLES}api.sh`, world.folder, clientEnvironment);
      expect(code, output).toBe(0);
      expect(output).not.toContain(TOKEN);
      expect(output).toMatch(
        /^\{"ok":true,"problems":\[\],"warnings":\[\]\}\n\{"batchId":"any-language-curl"/,
      );
      expect(output).toMatch(/^WAITING\n[\s\S]*^COMPLETED$/m);

      const [hero] = await expectComplete(id);
      expect(await world.store.list('references/')).toHaveLength(1);
      expect((await readdir(out)).sort()).toEqual([`${id}.zip`, 'hero~1.jpg']);
      expect(await readFile(join(out, 'hero~1.jpg'))).toEqual(await readFile(imageAt(id, hero?.file ?? '')));
      const listed = await runShell(`python3 -m zipfile -l ${join(out, `${id}.zip`)}`, world.folder, {});
      for (const file of ['images/hero~1.jpg', 'images/flatlay.jpg', 'results.jsonl'])
        expect(listed.output).toContain(`${id}/${file}`);
    } finally {
      await desk.close();
    }
  });
});
