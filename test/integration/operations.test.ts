import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest';
import {
  actionsAtStop,
  ERROR_CODES,
  type ErrorCode,
  getRetryPolicy,
  toCommand,
} from '../../src/contract/index.ts';
import { prepareShellPath, runShell } from '../support/shell.ts';
import { createWorld, type World } from '../support/world.ts';
import { type DocCommand, readOperations } from './operations-doc.ts';
import {
  buildFaults,
  readEnvironment,
  type Scenario,
  type ScenarioRun,
  startBatch,
} from './operations-kit.ts';
import { SCENARIOS } from './operations-scenarios.ts';
import { STOPPED } from './operations-stops.ts';

const { blocks, stops, inline } = readOperations();
const commands = blocks.flatMap((block) => block.commands);
const [introduction, ...chapters] = blocks;

/** Each set of commands runs on its own batch. */
const RUNS = chapters
  .flatMap(({ each, commands: all, ...block }) =>
    (each ? all.map((one) => [one]) : [all]).map((some) => ({ ...block, commands: some })),
  )
  .map((run, index) => ({
    ...run,
    id: `ops-${run.scenario}-${index}`,
    first: run.commands[0]?.text,
  }));

let shared: World;
let path: string;

beforeAll(async () => {
  const faults = [
    ...RUNS.flatMap(({ id, scenario = '' }) => buildFaults(id, SCENARIOS[scenario])),
    ...STOPPED.flatMap(({ id, scenario }) => buildFaults(id, scenario)),
  ];
  shared = await createWorld({ jobSeconds: 1, faults: { faults } });
  await shared.work();
  path = await prepareShellPath(shared.folder);
});
afterAll(() => shared.close());

async function openScenario(
  scenario: Scenario,
  id: string,
  { onTestFinished }: TestContext,
): Promise<ScenarioRun> {
  const world = (await scenario.world?.()) ?? shared;
  if (scenario.world) onTestFinished(() => world.close());
  const batch = await startBatch(world, id, scenario);
  const stage = { world, batch, env: { PATH: path, ...readEnvironment(world, id) } };
  return { ...stage, env: { ...stage.env, ...(await scenario.begin(stage)) } };
}

async function runAll({ world, env }: ScenarioRun, all: DocCommand[]) {
  const results = [];
  for (const { text, exit } of all) {
    const one = await runShell(text, world.folder, env);
    expect(one.code, `${text}\n${one.output}`).toBe(exit);
    results.push(one);
  }
  return results;
}

describe('the runbook', () => {
  test('names an existing scenario for each of its blocks', () => {
    const unknown = blocks.filter(({ scenario = '' }) => !Object.hasOwn(SCENARIOS, scenario));
    expect(unknown.map(({ line, scenario }) => [line, scenario])).toEqual([]);
    const named = new Set(blocks.map(({ scenario }) => scenario));
    expect(Object.keys(SCENARIOS).filter((name) => !named.has(name))).toEqual([]);
  });

  test('defines the variables of its commands in its first block', () => {
    const introduced = introduction?.commands.flatMap(
      ({ text }) => /^(?:export )?(\w+)=/.exec(text)?.[1] ?? [],
    );
    const used = [...commands.map(({ text }) => text), ...inline].flatMap(
      (text) => text.match(/\$\w+/g) ?? [],
    );
    expect([...new Set(used)].filter((name) => !introduced?.includes(name.slice(1)))).toEqual([]);
  });

  test('contains no command that is not run by a test', () => {
    const run = (words: string) => commands.some(({ text }) => `${text} `.startsWith(`${words} `));
    expect(inline.filter((words) => !run(words))).toEqual([]);
  });

  test('lists exactly the reasons for which a batch can stop', () => {
    const codes = ERROR_CODES.filter((code) => getRetryPolicy(code) !== 'never').sort();
    expect(stops.map(({ code }) => code).sort()).toEqual(codes);
    expect(stops.filter(({ anchor, code }) => anchor !== code)).toEqual([]);
  });

  test.each(stops)('lists for $code the same actions and automatic retries as the batch itself', (row) => {
    const code = row.code as ErrorCode;
    expect(row.isAutomatic.startsWith('yes')).toBe(getRetryPolicy(code) === 'soon');
    const possible = actionsAtStop({ batchId: '$ID', code, step: 'submit' }).map((action) =>
      toCommand(action).replace('cost-usd N', 'cost-usd 60').replace('batches/…', '$JOB'),
    );
    expect(row.commands[0]).toBe(possible[0]);
    expect(row.commands.filter((command) => !possible.includes(command))).toEqual([]);
  });
});

// Each test mostly waits for an emulated job.
vi.setConfig({ maxConcurrency: 5 });

describe.concurrent('the commands of the runbook work', () => {
  test.for(RUNS)('$scenario, line $line: $first', async ({ scenario = '', id, commands: all }, context) => {
    const found = SCENARIOS[scenario];
    expect(found).toBeDefined();
    if (!found) return;
    const stage = await openScenario(found, id, context);
    await found.verify(stage, await runAll(stage, all));
  });

  test('in its introduction', async () => {
    for (const { text, exit } of introduction?.commands ?? [])
      expect((await runShell(text, shared.folder, {})).code).toBe(exit);
  });

  test.for(STOPPED)(
    'for a stop with $code: the first command of its row',
    async ({ code, id, scenario }, context) => {
      const text = stops.find((row) => row.code === code)?.commands[0] ?? '';
      expect(text).toMatch(/^hummingbatch /);
      const stage = await openScenario(scenario, id, context);
      await scenario.verify(stage, await runAll(stage, [{ text, exit: 0 }]));
    },
  );
});
