import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BatchProgress, toWorkflowId } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { prepareShellPath, runShell } from '../support/shell.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildFaults, readEnvironment, type Scenario, startBatch } from './operations-kit.ts';

const STATES: Record<string, Pick<Scenario, 'faults' | 'options'> & { refusal: RegExp; offers: RegExp }> = {
  waiting: {
    faults: [{ fault: 'job.stuck', state: 'RUNNING' }],
    // It checks only once, so that its history does not grow for other reasons.
    options: { checkIntervalMs: 1_000_000 },
    refusal: /is WAITING/,
    offers: /It takes now: update `checkNow`, cancel\./,
  },
  awaiting: {
    options: { approveAboveUsd: 0 },
    refusal: /is AWAITING_APPROVAL/,
    offers: /It takes now: update `approve`, update `approve` with `{"approved": false}`, cancel\./,
  },
  stopped: {
    faults: [{ fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 }],
    refusal: /is NEEDS_ATTENTION/,
    offers: /It takes now: update `retry`, update `accept`, cancel\./,
  },
  malformed: { options: { approveAboveUsd: 0 }, refusal: /./, offers: /./ },
  running: { options: { approveAboveUsd: 0 }, refusal: /./, offers: /./ },
  ended: { refusal: /already completed/, offers: /./ },
};

/** The condition of each state; by default, the batch waits for approval. */
const AT: Record<string, (progress: BatchProgress) => boolean> = {
  waiting: ({ nextCheck }) => nextCheck !== undefined,
  stopped: ({ stop }) => stop !== undefined,
  ended: ({ endedAt }) => endedAt !== undefined,
};

const update = (name: string, input?: object) =>
  `temporal workflow update execute --workflow-id image-batch/$ID --name ${name}${input ? ` --input '${JSON.stringify(input)}'` : ''}`;
const APPROVE = update('approve');
const RETRY = update('retry');
const ACCEPT = update('accept');
const ADOPT = update('adopt', { job: 'none' });
const SET_BUDGET = update('setBudget', { maxCostUsd: 60 });
const CHECK_NOW = update('checkNow');

const REFUSED: readonly [state: string, commands: string[]][] = [
  ['waiting', [APPROVE, RETRY, ACCEPT, ADOPT]],
  ['awaiting', [RETRY, ACCEPT, ADOPT, CHECK_NOW]],
  ['stopped', [APPROVE, ADOPT, CHECK_NOW]],
  ['ended', [APPROVE, RETRY, ACCEPT, ADOPT, SET_BUDGET, CHECK_NOW]],
];

const MALFORMED: readonly [command: string, message: string][] = [
  [update('setBudget', { maxCostUsd: -1 }), 'maxCostUsd must be an amount in USD, 0 or more.'],
  [update('setBudget'), 'maxCostUsd is missing: it must be an amount in USD, 0 or more.'],
  [update('adopt', { job: 'abc' }), 'job must be `batches/…`, the name of a job at Google, or `none`.'],
  [update('adopt'), 'job is missing: it must be `batches/…`, the name of a job at Google, or `none`.'],
];

vi.setConfig({ maxConcurrency: 8 });

describe.concurrent('an update by the Temporal CLI', () => {
  let world: World;
  let env: Record<string, string>;

  beforeAll(async () => {
    const faults: Fault[] = Object.entries(STATES).flatMap(([state, cause]) =>
      buildFaults(toId(state), cause),
    );
    world = await createWorld({ faults: { faults } });
    await world.work();
    env = { PATH: await prepareShellPath(world.folder) };
    await Promise.all(Object.keys(STATES).map(begin));
  });
  afterAll(() => world.close());

  const toId = (state: string) => `refused-${state}`;

  async function begin(state: string): Promise<void> {
    const cause = STATES[state];
    await startBatch(world, toId(state), {
      ...cause,
      begin: async () => ({}),
      verify: async () => undefined,
    });
    const batch = openTestBatch(world, toId(state));
    await batch.until((progress) => AT[state]?.(progress) ?? progress.state === 'AWAITING_APPROVAL');
  }

  /** Runs commands one at a time: while an update is validated, its task is in the history that the server returns. */
  async function runRefused(state: string, command: string): Promise<string> {
    const id = toId(state);
    const before = await readEvents(id);
    const { code, output } = await runShell(command, world.folder, { ...env, ...readEnvironment(world, id) });
    expect(code, `${command}\n${output}`).toBe(1);
    expect(await readEvents(id), command).toBe(before);
    return output.replaceAll('\\"', '"');
  }

  async function readEvents(id: string): Promise<number | undefined> {
    return (await world.client.workflow.getHandle(toWorkflowId(id)).fetchHistory()).events?.length;
  }

  test.each(REFUSED)(
    'that does not fit the state is refused with the state and the available actions: %s',
    async (state, commands) => {
      for (const command of commands) {
        const output = await runRefused(state, command);
        expect(output, command).toMatch(STATES[state]?.refusal ?? /never/);
        expect(output, command).toMatch(STATES[state]?.offers ?? /never/);
      }
    },
  );

  test('that is malformed is refused', async () => {
    for (const [command, refusal] of MALFORMED)
      expect(await runRefused('malformed', command), command).toContain(refusal);
  });

  test('is refused as a start of a running batch', async () => {
    const input = JSON.stringify({ batchId: toId('running'), retry: { id: 'fix-1' } });
    const command = `temporal workflow start --type imageBatch --workflow-id image-batch/$ID --task-queue $QUEUE --fail-existing --input '${input}'`;
    expect(await runRefused('running', command)).toMatch(/already (running|started)/i);
  });
});
