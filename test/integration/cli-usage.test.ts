import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { VERBS } from '../../src/cli/verbs.ts';
import { createDesk, manifestText } from './cli-kit.ts';

/** Prints every module that is imported. */
const TELL_IMPORTS = `data:text/javascript,${encodeURIComponent(`
import { register } from 'node:module';
const hooks = "export async function resolve(name, context, next) { const found = await next(name, context); process._rawDebug('import ' + found.url); return found; }";
register('data:text/javascript,' + encodeURIComponent(hooks));
`)}`;

describe('the command line', () => {
  test('loads neither Temporal nor zod to show its help', async () => {
    const desk = await createDesk({ NODE_OPTIONS: `--import=${TELL_IMPORTS}` });
    for (const words of [['--help'], ['--version'], ['run', '--help']]) {
      const { code, stderr } = await desk.execute(words);
      expect(code).toBe(0);
      expect(stderr).toContain('import file://');
      expect(stderr).toContain('/commander/');
      expect(stderr).not.toMatch(/import \S*\/(@temporalio|zod|sharp|@google)\//);
    }
  });

  test('shows an example with the help of every verb', async () => {
    const desk = await createDesk();
    for (const { name, example } of VERBS.filter(({ name }) => ['run', 'adopt', 'doctor'].includes(name))) {
      const { code, stdout } = await desk.run([name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(example);
      expect(stdout).toContain('--json');
    }
  });

  test('shows the verbs of a group, each with an example', async () => {
    const desk = await createDesk();
    const group = VERBS.find((spec) => spec.name === 'schedule');
    const verbs = group && 'verbs' in group ? group.verbs : [];
    const { code, stdout } = await desk.run(['schedule', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(group?.example);
    expect(verbs.map(({ name }) => name)).toEqual(['create', 'list', 'pause', 'resume', 'trigger', 'delete']);
    for (const { name } of verbs) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const { name, example } of verbs)
      expect((await desk.run(['schedule', name, '--help'])).stdout).toContain(example);
    expect((await desk.run(['schedule'])).code).toBe(2);
  });

  test.each([
    [['schedule', 'crate', 'm.yaml'], 'Did you mean create?'],
    [['rnu', 'm.yaml'], 'Did you mean run?'],
    [['run', 'm.yaml', '--smaple', '3'], 'Did you mean --sample?'],
    [['list', '--state', 'need-attention'], 'Did you mean "needs-attention"?'],
  ])('suggests what %j may have meant', async (words, suggestion) => {
    const desk = await createDesk();
    await mkdir(join(desk.folder, 'hummingbatch'));
    const { code, stdout, stderr } = await desk.run([...words, '--json']);
    expect(code).toBe(2);
    expect(stderr).toContain(suggestion);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage', fix: suggestion } });
  });

  test('suggests similar ids for an unknown one', async () => {
    const desk = await createDesk();
    await desk.write('m.yaml', manifestText('near'));
    const { batchId } = JSON.parse((await desk.run(['run', 'm.yaml', '--emulator', '--json'])).stdout) as {
      batchId: string;
    };
    const { code, stdout } = await desk.run(['status', 'near', '--emulator', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'batch-unknown', fix: `Did you mean ${batchId}?` },
    });
  });

  test('init writes a manifest that validate and estimate take', async () => {
    const desk = await createDesk();
    expect(await desk.run(['init'])).toMatchObject({ code: 0 });
    expect(await desk.run(['init'])).toMatchObject({ code: 2 });
    const validated = await desk.run(['validate', 'manifest.yaml', '--json']);
    expect(JSON.parse(validated.stdout)).toEqual({ ok: true, problems: [] });
    const estimated = await desk.run(['estimate', 'manifest.yaml', '--within', '1h', '--json']);
    expect(JSON.parse(estimated.stdout)).toMatchObject({ outputs: 3, uploadBytes: 0, advice: 'interactive' });
  });

  test('doctor names what is missing, with the fix', async () => {
    const desk = await createDesk();
    const { code, stdout } = await desk.run(['doctor', '--json']);
    expect(code).toBe(1);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: object[] };
    expect(ok).toBe(false);
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'key', level: 'missing', fix: expect.any(String) }),
    );
    expect(checks).toContainEqual(expect.objectContaining({ name: 'Node', level: 'ok' }));
  });
});

describe('with a configured Temporal', () => {
  test('run fails without a worker and starts nothing; with a worker elsewhere it makes the images', async () => {
    const desk = await createDesk({
      TEMPORAL_ADDRESS: inject('temporal'),
      HUMMINGBATCH_TASK_QUEUE: `cli-${process.pid}-${Date.now()}`,
    });
    await desk.write('m.yaml', manifestText('shared'));
    const alone = await desk.run(['run', 'm.yaml', '--emulator', '--json']);
    expect(JSON.parse(alone.stdout)).toMatchObject({
      error: {
        code: 'no-worker',
        actions: [{ action: 'start-worker', command: 'hummingbatch worker --emulator' }],
      },
    });
    expect(alone.code).toBe(1);

    const worker = desk.begin('worker', '--emulator');
    await worker.said('Ctrl-C');
    const submitted = await desk.run(['submit', 'm.yaml', '--emulator', '--json']);
    const { batchId } = JSON.parse(submitted.stdout) as { batchId: string };
    expect(JSON.parse(submitted.stdout)).toEqual({
      batchId,
      workflowId: `image-batch/${batchId}`,
      attached: false,
    });
    const watched = await desk.run(['watch', batchId, '--emulator', '--json']);
    expect(watched).toMatchObject({ code: 0 });
    const lines = watched.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { state: string });
    expect(lines.at(-1)).toMatchObject({ batchId, state: 'COMPLETED', next: null });

    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  });

  test('submit without a Temporal server explains how to get one, and starts nothing', async () => {
    const desk = await createDesk();
    await desk.write('m.yaml', manifestText('lonely'));
    const { code, stdout } = await desk.run(['submit', 'm.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'no-temporal',
        actions: [
          { action: 'start-local', command: 'hummingbatch up' },
          { action: 'start-batch', command: 'hummingbatch run MANIFEST' },
        ],
      },
    });
  });
});

test('up serves a store until it is ended, and releases its server', async () => {
  const desk = await createDesk();
  await desk.write('m.yaml', manifestText('served'));
  const up = desk.begin('up', '--emulator');
  await up.said('Ctrl-C');
  expect(await desk.run(['submit', 'm.yaml', '--emulator'])).toMatchObject({ code: 0 });
  up.child.kill('SIGINT');
  const { code, stderr } = await up.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/Temporal: http:\/\/127\.0\.0\.1:\d+ /);
  const late = await desk.run(['submit', 'm.yaml', '--emulator', '--json']);
  expect(JSON.parse(late.stdout)).toMatchObject({ error: { code: 'no-temporal' } });
});
