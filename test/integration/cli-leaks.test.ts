import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTemporal } from '../../src/client/index.ts';
import { createEmulator, type Emulator, type Fault } from '../../src/emulator/index.ts';
import { readRecord } from '../../src/local/record.ts';
import { openDesk } from '../support/desk.ts';
import { readHistoryText } from '../support/history.ts';
import type { Ended } from '../support/run-here.ts';
import { createDesk, manifestText } from './cli-kit.ts';

const KEY = 'AIza-distinctive-key-4711';
/** The one that the batch is begun with; no such key is known to the emulator. */
const WRONG_KEY = 'AIza-distinctive-wrong-key-0815';
const PROMPT = 'a zebra crossing a quiet harbour';
const WORDS = ['', ' [refuse]', ' [fail once]', ' [text only]', ' [blocked]', ' [missing]'];

/** As Google does it: "Consumer 'api_key:…' has been suspended". */
const QUOTING = `Consumer 'api_key:${KEY}' has been suspended.`;
/** Struck once each, all of them on the way of one batch. */
const FAULTS: Fault[] = [
  { fault: 'upload-start.refuse', status: 'INTERNAL', message: QUOTING },
  { fault: 'upload.reset', afterBytes: 100 },
  { fault: 'create.refuse', status: 'PERMISSION_DENIED', message: QUOTING },
  { fault: 'create.answer-lost', match: { nth: 2 } },
  { fault: 'list.refuse', status: 'UNAVAILABLE', message: QUOTING },
  { fault: 'get.garbage', text: QUOTING },
  { fault: 'job.failed', code: 13, message: QUOTING },
  { fault: 'line.error', code: 3, message: QUOTING, match: { key: '^k0#', nth: 2 } },
  { fault: 'download.broken', afterBytes: 500 },
];

/** Where a batch's prompts may stand: what people wrote, and what they may run again. */
const MAY_HOLD_PROMPTS = /\/(manifest|failed)\.json$/;

describe('a batch that ran with a bad key, stopped, was retried, interrupted and refused in part', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  let emulator: Emulator;
  let said = '';
  let history = '';
  let processes = '';
  let serverEnvironment: string | undefined;
  const ends: Ended[] = [];
  const files = new Map<string, string>();

  beforeAll(async () => {
    emulator = await createEmulator({
      jobSeconds: 0.5,
      images: 'plain',
      keys: [KEY],
      faults: { faults: FAULTS.map((fault) => ({ ...fault, times: 1 })) },
    });
    desk = await openDesk({
      HUMMINGBATCH_GEMINI_URL: emulator.url,
      HUMMINGBATCH_CHECK_INTERVAL: '1s',
      HUMMINGBATCH_SUBMIT_WINDOW: '1s',
      GEMINI_API_KEY: KEY,
    });
    const temporary = join(desk.folder, 'temporary');
    await mkdir(temporary);
    const here = { TMPDIR: temporary };
    const call = async (args: string[], more: Record<string, string> = {}) => {
      const ended = await desk.execute([...args, '--verbose'], { ...here, ...more });
      ends.push(ended);
      said += ended.stdout + ended.stderr;
      return ended;
    };
    await desk.write(
      'm.json',
      JSON.stringify({
        name: 'secret',
        model: 'nano-banana-pro',
        items: WORDS.map((word, n) => ({ key: `k${n}`, prompt: PROMPT + word })),
      }),
    );

    // Its server stays for all that follows.
    const temporal = desk.begin('temporal');
    await temporal.said('Ctrl-C');
    const begun = await call(['run', 'm.json', '--json'], { GEMINI_API_KEY: WRONG_KEY });
    const { batchId } = JSON.parse(begun.stdout.split('\n')[0] ?? '') as { batchId: string };

    const going = desk.begin('retry', batchId, '--verbose');
    await going.said('"step":"stageRound"');
    processes = execFileSync('ps', ['-A', '-ww', '-o', 'args'], { encoding: 'utf8' });
    const server = await readRecord(join(desk.folder, 'hummingbatch', '.temporal'));
    serverEnvironment = await readEnvironment(server?.pid);
    const stopped = await going.ended;
    ends.push(stopped);
    said += stopped.stdout + stopped.stderr;

    while (ends.at(-1)?.code === 4 && ends.length < 6) await call(['retry', batchId, '--json']);
    await call(['results', batchId]);
    await call(['results', batchId, '--json']);

    const client = await connectTemporal({ address: `127.0.0.1:${server?.port}`, namespace: 'default' });
    history = await readHistoryText(client, batchId);
    await client.connection.close();
    temporal.child.kill('SIGTERM');
    const { stdout, stderr } = await temporal.ended;
    said += stdout + stderr;
    for (const name of await readdir(desk.folder, { recursive: true, withFileTypes: true })) {
      const path = join(name.parentPath, name.name);
      if (name.isFile() && name.name !== 'm.json') files.set(path, await readFile(path, 'latin1'));
    }
  }, 120_000);
  afterAll(async () => {
    await desk.close();
    await emulator.close();
  });

  test('leaves the key in no output, file or process', () => {
    for (const key of [KEY, WRONG_KEY]) {
      expect(said).not.toContain(key);
      expect(history).not.toContain(key);
      expect([...files].filter(([, text]) => text.includes(key)).map(([name]) => name)).toEqual([]);
      expect(processes).not.toContain(key);
      expect(serverEnvironment ?? '').not.toContain(key);
    }
  });

  test('leaves prompts in the store’s manifests only', () => {
    expect(said).not.toContain(PROMPT);
    expect(history).not.toContain(PROMPT);
    const holding = [...files].filter(([, text]) => text.includes(PROMPT)).map(([name]) => name);
    expect(holding.filter((name) => !MAY_HOLD_PROMPTS.test(name))).toEqual([]);
    expect(holding.length, 'the search finds prompts where they are').toBe(2);
  });

  test('met every fault and reported it, so that there was something to leak', async () => {
    const { faults } = await emulator.ledger();
    expect(faults).toEqual(Object.fromEntries(FAULTS.map(({ fault }) => [fault, 1])));
    expect(ends[0], 'stopped by the bad key').toMatchObject({ code: 4 });
    expect(said).toContain('key-invalid');
    expect(said).toContain('has been suspended');
    expect(said).toContain('"step":"collectRound"');
    expect(history).toContain('[key]');
    expect(processes).toContain('server start-dev');
    expect(files.size).toBeGreaterThan(20);
    const database = [...files].filter(([name]) => name.includes('.temporal'));
    expect(
      database.some(([, text]) => text.includes('permission-denied')),
      'the database can be read',
    ).toBe(true);
    const records = [...files].find(([name]) => name.endsWith('results.jsonl'))?.[1];
    expect(records).toContain("Consumer 'api_key:[key]' has been suspended.");
  });
});

/** What a process was given; undefined where the system does not tell. */
async function readEnvironment(pid: number | undefined): Promise<string | undefined> {
  const place = `/proc/${pid}/environ`;
  return existsSync(place) ? readFile(place, 'utf8') : undefined;
}

describe('a key that is not a valid header value', () => {
  test.each([
    ['a line end behind it', `${KEY}\n`],
    ['letters of no key', `${KEY}ü`],
  ])('with %s is refused without being shown, before anything is made', async (_, key) => {
    const desk = await createDesk({ GEMINI_API_KEY: key });
    await desk.write('m.yaml', manifestText('keyless'));
    const run = await desk.run(['run', 'm.yaml', '--json', '--verbose']);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toEqual({
      error: {
        code: 'key-invalid',
        message: 'The Gemini API key contains a space, a line break or another character that no key has.',
        fix: 'Set GEMINI_API_KEY again, with nothing before or after the key.',
        actions: [],
      },
    });
    expect(existsSync(join(desk.folder, 'hummingbatch'))).toBe(false);
    const doctor = await desk.run(['doctor', '--json', '--verbose']);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: false });
    expect(run.stdout + run.stderr + doctor.stdout + doctor.stderr).not.toContain(KEY);
  });
});
