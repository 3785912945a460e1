import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** What the last run came to, for people and for `.ci/run`. */
const SAVED_AT = fileURLToPath(new URL('../../node_modules/.cache/test-run.json', import.meta.url));
const TEST_FOLDER = fileURLToPath(new URL('..', import.meta.url));
/** Files below it are printed as one sum. */
const MIN_PRINTED_SECONDS = 1;

interface FileDuration {
  file: string;
  /** Importing, hooks and tests. */
  seconds: number;
}

/**
 * Prints how long each test file took, slowest first. Keeps that as JSON, with the number of tests that passed and failed.
 */
export function reportDurations(): Reporter {
  let began = 0;
  return {
    onTestRunStart() {
      began = Date.now();
    },
    onTestRunEnd(modules, errors) {
      const files = modules.map(measure).sort((one, other) => other.seconds - one.seconds);
      const seconds = (Date.now() - began) / 1000;
      const result = { ...count(modules, errors), seconds, files };
      mkdirSync(dirname(SAVED_AT), { recursive: true });
      writeFileSync(SAVED_AT, `${JSON.stringify(result, undefined, 2)}\n`);
      process.stdout.write(`${describe(files, seconds)}\n`);
    },
  };
}

function measure(module: TestModule): FileDuration {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    module.diagnostic();
  const ms = environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
  return { file: relative(TEST_FOLDER, module.moduleId), seconds: Math.round(ms) / 1000 };
}

/** A file or a group that could not be run counts as failed too: its tests are skipped then, and have no result. */
function count(modules: readonly TestModule[], errors: readonly SerializedError[]) {
  const tests = modules.flatMap(({ children }) => [...children.allTests()]);
  const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const withState = (state: string) => tests.filter((test) => test.result().state === state).length;
  const broken = groups.filter((group) => group.errors().length > 0).length;
  return { passed: withState('passed'), failed: withState('failed') + broken + errors.length };
}

function describe(files: readonly FileDuration[], seconds: number): string {
  const printed = files.filter((file) => file.seconds >= MIN_PRINTED_SECONDS);
  const rest = files.slice(printed.length);
  const line = (seconds: number, name: string) => `${seconds.toFixed(1).padStart(8)} s  ${name}`;
  const sum = (some: readonly FileDuration[]) => some.reduce((total, file) => total + file.seconds, 0);
  return [
    '\nSlowest files:',
    ...printed.map((file) => line(file.seconds, file.file)),
    ...(rest.length > 0 ? [line(sum(rest), `${rest.length} more files`)] : []),
    line(seconds, `in all, of ${sum(files).toFixed(0)} s in ${files.length} files`),
  ].join('\n');
}
