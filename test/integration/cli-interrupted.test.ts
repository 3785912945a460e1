import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { createDesk, manifestText } from './cli-kit.ts';

const KEY = 'key-of-the-test-7f3a9c';

/** A desk whose Gemini outlives the commands, as Google does. */
async function deskWith(options: EmulatorOptions) {
  const clock = { aheadMs: 0 };
  const now = () => Date.now() + clock.aheadMs;
  const emulator = await createEmulator({ images: 'plain', now, ...options });
  onTestFinished(() => emulator.close());
  const desk = await createDesk({
    GEMINI_API_KEY: KEY,
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    HUMMINGBATCH_CHECK_INTERVAL: '1s',
    HUMMINGBATCH_SUBMIT_WINDOW: '1s',
  });
  await desk.write('m.yaml', manifestText('long'));
  /** Lets an hour pass for its jobs. Until then they run, however slow the machine is. */
  const letJobsEnd = () => void (clock.aheadMs += 3_600_000);
  return { ...desk, emulator, letJobsEnd };
}

async function toId(desk: { run(args: string[]): Promise<{ stdout: string }> }): Promise<string> {
  const { batches } = JSON.parse((await desk.run(['list', '--json'])).stdout) as {
    batches: { batchId: string }[];
  };
  return batches[0]?.batchId ?? '';
}

describe('an interrupted run', () => {
  test.each([['SIGINT'], ['SIGTERM']] as const)(
    'by %s ends with 130, prints how to continue, and continues its one job when called again',
    async (signal) => {
      const desk = await deskWith({ jobSeconds: 600 });
      const run = desk.begin('run', 'm.yaml', '--json');
      await run.said('waiting for batches/');
      run.child.kill(signal);
      const { code, stdout, stderr } = await run.ended;
      expect({ code, stderr }).toMatchObject({ code: 130 });
      expect(stdout).toBe('');
      expect(stderr).toContain('its job at Google continues');
      expect(stderr).toMatch(/hummingbatch watch long-[0-9a-f]{8}\n/);

      const status = await desk.run(['status', await toId(desk), '--json']);
      expect(JSON.parse(status.stdout)).toMatchObject({ state: 'WAITING' });

      desk.letJobsEnd();
      const again = await desk.run(['run', 'm.yaml', '--json']);
      expect(again).toMatchObject({ code: 0 });
      expect(JSON.parse(again.stdout)).toMatchObject({ state: 'COMPLETED', outputs: { image: 3 } });
      expect((await desk.emulator.ledger()).jobs).toHaveLength(1);
    },
  );

  test('by SIGKILL continues its one job when called again', async () => {
    const desk = await deskWith({ jobSeconds: 600 });
    const run = desk.begin('run', 'm.yaml');
    await run.said('waiting for batches/');
    run.child.kill('SIGKILL');
    await run.ended;

    // Its server still stands there, with nobody who works.
    const status = await desk.run(['status', await toId(desk), '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: 'WAITING',
      jobs: [expect.any(String)],
    });

    desk.letJobsEnd();
    const again = await desk.run(['run', 'm.yaml', '--json']);
    expect(again).toMatchObject({ code: 0 });
    expect((await desk.emulator.ledger()).jobs).toHaveLength(1);
  });

  test('can be cancelled later; run then names both next steps', async () => {
    const desk = await deskWith({ jobSeconds: 600 });
    const run = desk.begin('run', 'm.yaml');
    await run.said('waiting for batches/');
    run.child.kill('SIGINT');
    await run.ended;
    const id = await toId(desk);

    const cancelled = await desk.run(['cancel', id, '--json']);
    expect(cancelled).toMatchObject({ code: 0 });
    expect(JSON.parse(cancelled.stdout)).toMatchObject({ state: 'CANCELLED' });

    const again = await desk.run(['run', 'm.yaml', '--json']);
    expect(again.code).toBe(5);
    expect(again.stderr).toContain(`hummingbatch retry ${id}`);
    expect(again.stderr).toContain('--new');
  });
});

describe('a key that Google refuses', () => {
  test('stops the batch and is printed nowhere; retry continues with another key', async () => {
    const desk = await deskWith({ jobSeconds: 1, keys: ['good'] });
    const stopped = await desk.execute(['run', 'm.yaml', '--json', '--verbose']);
    expect(stopped).toMatchObject({ code: 4 });
    const id = await toId(desk);
    const status = await desk.run(['status', id, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: 'NEEDS_ATTENTION',
      reason: 'key-invalid',
      next: `hummingbatch retry ${id}`,
    });
    expect(stopped.stdout + stopped.stderr + status.stdout).not.toContain(KEY);
    expect(await filesWith(join(desk.folder, 'hummingbatch'), KEY)).toEqual([]);

    const went = await desk.run(['retry', id, '--json'], { GEMINI_API_KEY: 'good' });
    expect(went).toMatchObject({ code: 0 });
  });
});

async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, index) => contents[index]);
}
