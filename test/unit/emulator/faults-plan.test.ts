import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { armFaults } from '../../../src/emulator/faults/arm.ts';
import { FAULTS, type FaultLimits, FaultPlanError, readFaultPlan } from '../../../src/emulator/index.ts';
import { property } from '../../support/property.ts';

function catchMistakes(value: unknown): string {
  try {
    readFaultPlan(value);
  } catch (error) {
    if (error instanceof FaultPlanError) return error.message;
    throw error;
  }
  return '';
}

describe('a fault plan', () => {
  test('is accepted unchanged when it is valid', () => {
    const plan = {
      seed: 7,
      faults: [
        { fault: 'create.refuse', status: 'RESOURCE_EXHAUSTED', retryDelay: '37s', times: 2 },
        {
          fault: 'line.error',
          code: 13,
          probability: 0.1,
          match: { key: '^hero', name: '/r1', nth: [1, 2] },
        },
      ],
    };
    expect(readFaultPlan(plan)).toBe(plan);
  });

  test('is refused with all its mistakes, each with its place and the known names', () => {
    const faults = [
      { fault: 'create.slow' },
      { fault: 'create.slwo', ms: 1 },
      { fault: 'nowhere.cut' },
      { fault: 'get.cut', probability: 2, oftne: 1 },
      { fault: 'line.error', code: 13, match: { key: '(' } },
      { fault: 'create.refuse', status: 'TEAPOT' },
    ];
    const lines = catchMistakes({ faults }).split('\n');
    expect(lines).toEqual([
      'The fault plan is not valid:',
      expect.stringMatching(/faults\[0\]\.ms: .*expected number/),
      expect.stringMatching(/faults\[1\]\.fault: "create.slwo" is not known; known are .*create.slow/),
      expect.stringMatching(/faults\[2\]\.fault: "nowhere.cut" has no known point; known are create, get/),
      expect.stringMatching(/faults\[3\]\.probability: .*<=1/),
      expect.stringMatching(/faults\[3\]: .*"oftne"/),
      expect.stringMatching(/faults\[4\]\.match\.key: is not a regular expression/),
      expect.stringMatching(/faults\[5\]\.status: .*"RESOURCE_EXHAUSTED"/),
    ]);
  });

  test.each([null, [], 'plan', {}, { faults: {} }, { faults: [{}] }, { faults: [], more: 1 }])(
    'is refused when it is %j',
    (value) => {
      expect(catchMistakes(value)).toMatch(/^The fault plan is not valid:\n {2}\S/);
    },
  );

  test('cannot match fields that its point does not have: LIST has no name, a job no key', () => {
    expect(catchMistakes({ faults: [{ fault: 'list.cut', match: { name: 'x' } }] })).toMatch('"name"');
    expect(catchMistakes({ faults: [{ fault: 'job.stuck', match: { key: 'x' } }] })).toMatch('"key"');
  });

  test('has a description for each kind of fault', () => {
    const kinds = Object.values(FAULTS).flatMap((kinds) => Object.values(kinds) as { description: string }[]);
    for (const { description } of kinds) expect(description).toMatch(/^[^.].*[^.]$/);
  });
});

/** The targets for which a fault with these limits fires, counted from 1. */
function struck(
  limits: FaultLimits,
  occasions: readonly { name?: string; key?: string }[],
  seed = 0,
): number[] {
  const plan = { seed, faults: [{ fault: 'get.cut' as const, ...limits }] };
  const [armed] = armFaults(plan, 'get', FAULTS.get);
  return occasions.flatMap((occasion, at) => (armed?.count(occasion).fires() ? [at + 1] : []));
}

const FIVE = [{}, {}, {}, {}, {}];

describe('a fault fires', () => {
  test('always, without limits', () => {
    expect(struck({}, FIVE)).toEqual([1, 2, 3, 4, 5]);
  });

  test('at most `times` times, and only for the `nth` targets', () => {
    expect(struck({ times: 2 }, FIVE)).toEqual([1, 2]);
    expect(struck({ match: { nth: 3 } }, FIVE)).toEqual([3]);
    expect(struck({ match: { nth: [2, 4] }, times: 1 }, FIVE)).toEqual([2]);
  });

  test('only where name and key match, and other targets are not counted', () => {
    const jobs = ['hb/a r1', 'hb/b r1', 'hb/a r2', 'hb/a r3'].map((name) => ({ name }));
    expect(struck({ match: { name: '^hb/a', nth: 2 } }, jobs)).toEqual([3]);
    expect(struck({ match: { key: '^x$' } }, [{ key: 'x' }, { key: 'xx' }, {}])).toEqual([1]);
  });

  test('with a separate count for each key', () => {
    const lines = ['a', 'b', 'a', 'b', 'a'].map((key) => ({ key }));
    expect(struck({ match: { nth: 2 } }, lines)).toEqual([3, 4]);
  });

  property([fc.integer(), fc.double({ min: 0, max: 1, noNaN: true })])(
    'a probability draws the same under the same seed, and about as often as it says',
    (seed, probability) => {
      const occasions = Array.from({ length: 1000 }, () => ({}));
      const drawn = struck({ probability }, occasions, seed);
      expect(struck({ probability }, occasions, seed)).toEqual(drawn);
      // Five standard deviations of a thousand draws at one half.
      expect(Math.abs(drawn.length - probability * 1000)).toBeLessThan(80);
    },
  );
});
