import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { REQUEST_FAULTS } from '../../../src/emulator/faults/requests.ts';
import { FAULTS, KEYWORDS, readFaultPlan } from '../../../src/emulator/index.ts';

const text = await readFile(new URL('../../../docs/emulator.md', import.meta.url), 'utf8');

/** Faults by name; those of any request are listed once. */
function documented(): [string, string][] {
  const points = Object.entries({ '…': REQUEST_FAULTS, ...FAULTS });
  return points.flatMap(([point, kinds]) =>
    Object.entries(kinds)
      .filter(([kind]) => point === '…' || !('cut' in kinds && kind in REQUEST_FAULTS))
      .map(([kind, { description, isFinal }]): [string, string] => [
        `\`${point}.${kind}\`${isFinal ? ' †' : ''}`,
        description,
      ]),
  );
}

describe('docs/emulator.md', () => {
  it.each(documented())('has %s', (name, description) => {
    expect(text).toContain(`| ${name} | ${description} |`);
  });

  it('has each point and each keyword', () => {
    const names = [...Object.keys(FAULTS), ...KEYWORDS.map(({ word }) => word)];
    expect(
      names.filter((name) => !new RegExp(`\`${name.replace(/[[\]]/g, '\\$&')}[.\`]`).test(text)),
    ).toEqual([]);
  });

  it('has an example that is a valid plan', () => {
    const example = /```json\n(?<plan>.*?)```/s.exec(text)?.groups?.plan ?? '';
    expect(readFaultPlan(JSON.parse(example)).faults).toHaveLength(5);
  });
});
