import { describe, expect, test } from 'vitest';
import { logged } from '../../../src/cli/log.ts';
import { callIn } from './call.ts';

/** A call at a terminal or beside one, whose colours can be seen. */
function callAt({ isTerminal }: { isTerminal: boolean }) {
  const call = callIn('/');
  const output = {
    ...call.output,
    isTerminal,
    paint: (style: unknown, text: string) => `<${String(style)} ${text}>`,
  };
  return { ...call, output };
}

describe('the log of a worker', () => {
  test('is a short line for each event on a terminal, with warnings in yellow', () => {
    const typed = callAt({ isTerminal: true });
    const { call, log } = logged(typed, undefined);
    log.child({ batch: 'b-1', round: 2 }).info({ ms: 5 }, 'done');
    log.warn({ code: 'unavailable' }, 'failed');
    call.output.say('Ctrl-C ends it.');
    expect(typed.said.map((line) => line.replace(/<dim [\d: APM.]+> /, ''))).toEqual([
      'done <dim batch="b-1" round=2 ms=5>',
      '<yellow failed> <dim code="unavailable">',
      'Ctrl-C ends it.',
    ]);
  });

  test('can be pretty without a terminal', () => {
    const typed = callAt({ isTerminal: false });
    logged(typed, 'pretty').log.info('done');
    expect(typed.said).toHaveLength(1);
  });

  test.each([
    [{ isTerminal: false }, undefined],
    [{ isTerminal: true }, 'json'],
  ] as const)('as JSON (%j, %s) has no line beside it that is none', (at, style) => {
    const typed = callAt(at);
    logged(typed, style).call.output.say('a sentence for people');
    expect(typed.said).toEqual([]);
  });
});
