import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VERBS } from '../../../src/cli/verbs.ts';
import { ACTION } from '../../../src/contract/answers/actions.ts';
import { ERROR_CODES, HummingbatchError } from '../../../src/contract/index.ts';
import { toZod } from '../../../src/schemas/to-zod.ts';

const SOURCES = new URL('../../../src', import.meta.url).pathname;
/** From `fix` to the end of its value, for a value of at most some lines. */
const FIX = /\bfix\b\s*[:=]\s*(?<value>(?:[^;{}]|\$\{[^}]*\}){1,400}?)(?:,\n|;\n|\n?\s*\})/gs;

/** Verbs; `temporal` is also the name of Temporal's own CLI. */
const NAMES = VERBS.map(({ name }) => name)
  .filter((name) => name !== 'temporal')
  .join('|');
/** A command of the program by its name, or a verb with something behind it as code. */
const COMMAND = new RegExp(`hummingbatch (${NAMES}|schedule|temporal)\b|\`(${NAMES}) `);

describe('every error code', () => {
  test.each(ERROR_CODES)('%s says in sentences what to do, without a command', (code) => {
    const { fix } = new HummingbatchError(code, 'It happened.');
    expect(fix).toMatch(/^[A-Z].*\.$/);
    expect(fix).not.toMatch(COMMAND);
  });

  test.each(ERROR_CODES)('%s has actions of the closed set', (code) => {
    for (const action of new HummingbatchError(code, 'It happened.').actions)
      expect(toZod(ACTION).parse(action)).toEqual(action);
  });
});

test('an error is JSON of its code, message, fix and actions', () => {
  const error = new HummingbatchError('batch-unknown', 'There is no batch b-1.', {
    fix: 'Did you mean b-2?',
  });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'batch-unknown',
    message: 'There is no batch b-1.',
    fix: 'Did you mean b-2?',
    actions: [{ action: 'list-batches' }],
  });
});

test('no fix in the sources holds a command', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const fixes = files.flatMap((name) =>
    [...readFileSync(join(SOURCES, name), 'utf8').matchAll(FIX)].map(
      ({ groups }) => `${name}: ${groups?.['value']}`,
    ),
  );
  // What the expression misses would pass unseen.
  expect(fixes.length).toBeGreaterThan(130);
  expect(fixes.filter((text) => COMMAND.test(text))).toEqual([]);
});
