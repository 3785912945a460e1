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

/** What the program says that it needs. */
const [REQUIREMENT = ''] =
  /temporalio==[\d.]+/.exec(await readFile(join(EXAMPLES, 'start.py'), 'utf8')) ?? [];

let world: World;
let worker: WorkerProcess;
let env: Record<string, string>;
const over = new AbortController();
const knocking: Promise<void>[] = [];

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
  await Promise.all(knocking);
  await worker.stop();
  await world.close();
});

/** The examples wait 30 s between two checks, as with Google; a person would not sit there. */
function knock({ handle }: TestBatch): void {
  const go = async () => {
    while (!over.signal.aborted) {
      // It waits for no job yet, or no more.
      await handle.checkNow().catch(() => undefined);
      await pause(300);
    }
  };
  knocking.push(go());
}

/** A batch of the examples, made as it should be. */
async function expectMade(id: string): Promise<OutputRecord[]> {
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

/** The update that let it go stands in its history. */
async function expectApproved(id: string): Promise<void> {
  const history = await world.client.workflow.getHandle(`image-batch/${id}`).fetchHistory();
  const updates = (history.events ?? []).flatMap(
    ({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
      update?.acceptedRequest?.input?.name ?? [],
  );
  expect(updates).toContain('approve');
}

describe('examples/any-language', () => {
  test('start.sh makes a batch with the CLI of Temporal alone', { timeout: 2 * MINUTE }, async () => {
    const id = 'any-language-cli';
    knock(openTestBatch(world, id));
    const { code, output } = await runShell(`sh ${EXAMPLES}start.sh`, world.folder, { ...env, ID: id });
    expect(code, output).toBe(0);
    const records = await expectMade(id);
    await expectApproved(id);
    for (const { file = '' } of records) expect(output).toContain(file.replace('images/', ''));
    // Once more it would be another batch under an id that is taken.
    const again = await runShell(`sh ${EXAMPLES}start.sh`, world.folder, { ...env, ID: id });
    expect(again.code).not.toBe(0);
    expect(await openTestBatch(world, id).jobs()).toHaveLength(1);
  });

  test('start.py makes a batch with the SDK for Python', { timeout: 5 * MINUTE }, async (context) => {
    const sdk = await preparePython(REQUIREMENT);
    if ('missing' in sdk) return context.skip(sdk.missing);
    const id = 'any-language-python';
    knock(openTestBatch(world, id));
    const PATH = `${dirname(sdk.python)}${delimiter}${env['PATH']}`;
    const { code, output } = await runShell(`python ${EXAMPLES}start.py`, world.folder, {
      ...env,
      ID: id,
      PATH,
    });
    expect(code, output).toBe(0);
    const records = await expectMade(id);
    await expectApproved(id);
    expect(output).toMatch(
      `${id}: 3 images for ${(await openTestBatch(world, id).handle.status()).costUsd.estimated} USD`,
    );
    expect(output).toContain(`COMPLETED: 3 of 3\n${records.map(({ file }) => file).join('\n')}\n`);
  });

  test('api.sh makes a batch with curl alone', { timeout: 2 * MINUTE }, async () => {
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
      let heard = '';
      api.child.stderr?.on('data', (bytes: Buffer) => (heard += bytes.toString()));
      await api.said('API: ');
      const [, url = ''] = /API: (http:\/\/\S+)/.exec(heard) ?? [];
      const out = join(world.folder, 'out');
      await mkdir(out);
      // As an application elsewhere: neither the store nor Temporal is known to it.
      const stranger = { PATH: process.env['PATH'] ?? '', API: url, TOKEN, ID: id, OUT: out };
      const { code, output } = await runShell(`sh ${EXAMPLES}api.sh`, world.folder, stranger);
      expect(code, output).toBe(0);
      expect(output).not.toContain(TOKEN);
      expect(output).toMatch(
        /^\{"ok":true,"problems":\[\],"warnings":\[\]\}\n\{"batchId":"any-language-curl"/,
      );
      expect(output).toMatch(/^WAITING\n[\s\S]*^COMPLETED$/m);

      const [hero] = await expectMade(id);
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
