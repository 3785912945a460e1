import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createOutput } from '../../../src/cli/render/output.ts';
import { createProgressView } from '../../../src/cli/render/progress-view.ts';
import { type BatchProgress, HummingbatchError } from '../../../src/contract/index.ts';

function listen({ isTTY = false, json = false, verbose = false, env = {} } = {}) {
  const heard = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof heard) =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _, done) {
          heard[name] += chunk.toString();
          done();
        },
      }),
      { isTTY },
    ) as unknown as NodeJS.WriteStream;
  const output = createOutput({
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env,
    json,
    verbose,
    place: { emulator: true },
  });
  return { heard, output };
}

const ERROR = new HummingbatchError('no-key', 'There is no key.', {
  fix: 'Set it.',
  actions: [{ action: 'start-worker' }],
});

describe('the output of a command', () => {
  test('separates results and messages', () => {
    const { heard, output } = listen();
    output.say('a message');
    output.print('a result');
    output.printJson({ not: 'asked for' });
    expect(heard).toEqual({ stdout: 'a result\n', stderr: 'a message\n' });
  });

  test('is one object instead of text with --json', () => {
    const { heard, output } = listen({ json: true });
    output.print('a result');
    output.printJson({ ok: true });
    expect(heard.stdout).toBe('{"ok":true}\n');
  });

  test('shows an error and its fix, and its stack only with --verbose', () => {
    const { heard, output } = listen({ json: true });
    output.fail(ERROR);
    expect(heard.stderr).toBe(
      'Error: There is no key.\nSet it.\n  hummingbatch worker --emulator  starts a worker\n',
    );
    expect(JSON.parse(heard.stdout)).toEqual({
      error: {
        code: 'no-key',
        message: 'There is no key.',
        fix: 'Set it.',
        actions: [{ action: 'start-worker', command: 'hummingbatch worker --emulator' }],
      },
    });
    const loud = listen({ verbose: true });
    loud.output.fail(ERROR);
    expect(loud.heard.stderr).toContain('output.test.ts');
  });

  test('is coloured on a terminal only, and not with NO_COLOR', () => {
    expect(listen().output.paint('red', 'x')).toBe('x');
    expect(listen({ isTTY: true, env: { NO_COLOR: '1' } }).output.paint('red', 'x')).toBe('x');
  });

  test('shows progress without a terminal as a line for each change', async () => {
    const { heard, output } = listen();
    const view = await createProgressView(output, 'bar');
    const progress = { state: 'STAGING', round: 1 } as BatchProgress;
    view.show(progress);
    view.show(progress);
    view.show({ ...progress, state: 'SUBMITTING', round: 2 });
    view.stop();
    expect(heard.stderr).toBe('uploading references and requests\nround 2: making the job\n');
  });
});
