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

  test.each([
    ['an escape sequence', 'a\u001b[2J\u001b]52;c;eA==\u0007b', 'a[2J]52;c;eA==b'],
    ['a colour', '\u001b[31mred', '[31mred'],
    ['an 8-bit sequence', 'a\u009b2Jb', 'a2Jb'],
    ['a carriage return and a backspace', 'done\rfail\b', 'donefail'],
    ['lines and tabs', 'a\n\tb', 'a\n\tb'],
    ['what stands for our own styles', '\u{10fffd}]52;c;eA==', '\u{10fffd}]52;c;eA=='],
  ])('lets %s of a foreign text not reach the terminal', (_, foreign, shown) => {
    const { heard, output } = listen({ isTTY: true });
    output.say(foreign);
    output.print(foreign);
    expect(heard).toEqual({ stdout: `${shown}\n`, stderr: `${shown}\n` });
    const failed = listen({ isTTY: true, verbose: true });
    failed.output.fail(new HummingbatchError('request-rejected', foreign, { fix: foreign, actions: [] }));
    // Its own styles are all that is left.
    expect(failed.heard.stderr.replaceAll(/\u001b\[(?:31|39|2|22)m/g, '')).not.toMatch(/(?![\n\t])\p{Cc}/u);
    expect(failed.heard.stderr).toContain('\u001b[31mError:\u001b[39m');
    const json = listen({ isTTY: true, json: true });
    json.output.printJson({ foreign });
    expect(json.heard.stdout).not.toMatch(/(?![\n])\p{Cc}/u);
    expect(JSON.parse(json.heard.stdout)).toEqual({ foreign });
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
