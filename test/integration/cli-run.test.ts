import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDesk, manifestText } from './cli-kit.ts';

interface RunJson {
  batchId: string;
  directory: string;
}

describe('run --emulator', () => {
  test('makes the images of a manifest without a key or a server, and prints a JSON summary', async () => {
    const desk = await createDesk();
    await desk.write('m.yaml', manifestText('first'));
    const { code, stdout, stderr } = await desk.run(['run', 'm.yaml', '--emulator', '--json']);

    expect(code).toBe(0);
    expect(stderr.split('\n')[0]).toBe(`New store: ${join(desk.folder, 'hummingbatch-emulator')}`);
    expect(stderr).toMatch(
      /Temporal UI: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/image-batch%2Ffirst-/,
    );
    const json = JSON.parse(stdout) as RunJson;
    expect(json).toEqual({
      batchId: expect.stringMatching(/^first-[0-9a-f]{8}$/),
      state: 'COMPLETED',
      outputs: { total: 3, image: 3, refused: 0, failed: 0, missing: 0 },
      rounds: 1,
      jobs: [expect.stringMatching(/^batches\//)],
      costUsd: { estimated: expect.any(Number), actual: expect.any(Number) },
      directory: join(desk.folder, 'hummingbatch-emulator', 'batches', json.batchId),
    });
    expect((await readdir(join(json.directory, 'images'))).sort()).toEqual([
      'flat.jpg',
      'hero~1.jpg',
      'hero~2.jpg',
    ]);

    const again = await desk.run(['run', 'm.yaml', '--emulator', '--json']);
    expect({ code: again.code, stdout: again.stdout }).toEqual({
      code: 0,
      stdout,
    });
    expect(again.stderr).not.toContain('Temporal UI');

    const fresh = await desk.run(['run', 'm.yaml', '--emulator', '--json', '--new', '--sample', '1']);
    expect(JSON.parse(fresh.stdout)).toMatchObject({
      batchId: expect.stringMatching(/^first-sample-[0-9a-f]{8}$/),
      outputs: { total: 2, image: 2 },
    });
  });

  test('serves two runs at once with one server and one emulator', async () => {
    const desk = await createDesk();
    await desk.write('a.yaml', manifestText('one'));
    await desk.write('b.yaml', manifestText('two'));
    const [a, b] = await Promise.all([
      desk.execute(['run', 'a.yaml', '--emulator', '--json']),
      desk.execute(['run', 'b.yaml', '--emulator', '--json']),
    ]);
    for (const { code, stderr } of [a, b]) expect(code, stderr).toBe(0);
    const ui = /Temporal UI: (http:\/\/[^/]+)/;
    expect(ui.exec(a.stderr)?.[1]).toBe(ui.exec(b.stderr)?.[1]);
  });

  test('stops above the price that needs approval, shows that later, and continues when it is approved', async () => {
    const desk = await createDesk();
    await desk.write('m.yaml', manifestText('dear', 'run: { approveAboveUsd: 0.01 }\n'));
    const stopped = await desk.run(['run', 'm.yaml', '--emulator', '--json']);
    expect(stopped.code).toBe(4);
    const { batchId } = JSON.parse(stopped.stdout) as RunJson;
    expect(stopped.stderr).toContain(`hummingbatch approve ${batchId} --emulator`);

    const status = await desk.run(['status', batchId, '--emulator', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: 'AWAITING_APPROVAL',
      round: 0,
      job: null,
      lastCheck: null,
      nextCheck: null,
      reason: null,
      next: `hummingbatch approve ${batchId} --emulator`,
    });
    const list = await desk.run(['list', '--state', 'awaiting-approval', '--emulator', '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject({ batches: [{ batchId }], next: null });

    const approved = await desk.run(['approve', batchId, '--emulator', '--json']);
    expect(approved).toMatchObject({ code: 0 });
    expect(JSON.parse(approved.stdout)).toMatchObject({ batchId, state: 'COMPLETED' });

    const late = await desk.run(['accept', batchId, '--emulator', '--json']);
    expect(late.code).toBe(1);
    expect(JSON.parse(late.stdout)).toMatchObject({ error: { code: 'wrong-state' } });
  });

  test('ends with 3 where outputs have no image, and names the command that makes them again', async () => {
    const desk = await createDesk();
    await desk.write(
      'm.yaml',
      'name: mixed\nmodel: nano-banana-pro\nrun: { maxRounds: 1 }\nitems: [{ key: a, prompt: x }, { key: b, prompt: "x [missing]" }]\n',
    );
    const { code, stdout, stderr } = await desk.run(['run', 'm.yaml', '--emulator', '--json']);
    expect(code).toBe(3);
    const { batchId } = JSON.parse(stdout) as RunJson;
    expect(stderr).toContain(`hummingbatch retry ${batchId} --emulator`);
    const results = await desk.run(['results', batchId, '--emulator', '--json']);
    expect(JSON.parse(results.stdout)).toMatchObject({
      records: [
        { output: 'a#1', outcome: 'image', file: 'images/a.jpg' },
        { output: 'b#1', outcome: 'missing', reason: 'no-answer' },
      ],
    });
    const retried = await desk.run(['retry', batchId, 'b', '--emulator', '--json']);
    expect(retried.code).toBe(3);
    expect(JSON.parse(retried.stdout)).toMatchObject({ rounds: 2 });
  });
});

describe('run refuses', () => {
  test('an invalid manifest with all its problems, before it makes a store', async () => {
    const desk = await createDesk();
    await desk.write(
      'm.yaml',
      'name: bad\nmodel: nano-banana-pro\nitems:\n  - { key: a, prompt: "", aspectRatio: "4:6" }\n  - { key: A, prompt: x }\n',
    );
    const { code, stdout, stderr } = await desk.run(['run', 'm.yaml', '--emulator', '--json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/m\.yaml:4:\d+ a: .*prompt/);
    expect(stderr).toMatch(/m\.yaml:4:\d+ a: .*4:6/);
    expect(stderr).toMatch(/m\.yaml:5:\d+ A: /);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'manifest-invalid',
        message: expect.any(String),
        fix: 'Fix the problems listed.',
        actions: [{ action: 'validate', command: 'hummingbatch validate MANIFEST --emulator' }],
      },
    });
    expect(existsSync(join(desk.folder, 'hummingbatch-emulator'))).toBe(false);

    const validated = await desk.run(['validate', 'm.yaml', '--json']);
    expect(validated.code).toBe(2);
    const { ok, problems } = JSON.parse(validated.stdout) as { ok: boolean; problems: { code: string }[] };
    expect(ok).toBe(false);
    expect(problems.map((problem) => problem.code).sort()).toEqual([
      'duplicate-key',
      'empty-prompt',
      'ratio-not-offered',
    ]);
  });

  test('to start anything without a key', async () => {
    const desk = await createDesk();
    await desk.write('m.yaml', manifestText('keyless'));
    const { code, stdout } = await desk.run(['run', 'm.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'no-key' } });
    expect(existsSync(join(desk.folder, 'hummingbatch'))).toBe(false);
  });
});
