import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BatchProgress, setBudgetUpdate } from '../../src/contract/index.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const HOUR = 3_600_000;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';

/** As the page spells it. */
const at = (iso = '') => iso.replace(/\.\d+Z$/, 'Z');

/** The page as Temporal's UI asks for it. */
async function readPage({ handle }: ScriptedBatch): Promise<string> {
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails;
}

test('the details of a waiting batch show job, rows, checks, outputs, cost and possible actions', async () => {
  const options = { labels: ['autumn', 'team:web'], maxCostUsd: 40 };
  const batch = await time.start({ worstUsd: 1, lives: [{ hours: 20, end: 'SUCCEEDED' }] }, { options });
  const { job, lastCheck, nextCheck } = await batch.until(({ check }) => check !== undefined, 0);
  const page = await readPage(batch);
  expect(page).toContain(`## ${batch.batchId}: WAITING`);
  expect(page).toContain(`- **job**: \`${job}\`, `);
  expect(page).toContain('- **labels**: autumn, team:web\n');
  expect(page).toContain(`- **last check**: ${at(lastCheck)}, the next at ${at(nextCheck)}\n`);
  expect(page).toMatch(/- \*\*outputs\*\*: 0 image, 0 refused, 0 failed, 0 missing, 10 open; 10 in all\n/);
  expect(page).toMatch(
    /- \*\*cost\*\*: 0\.00 USD so far, up to 1\.00 USD more reserved, \d+\.\d\d USD estimated, at most 40\.00 USD\n/,
  );
  expect(page).toContain(`- \`hummingbatch check-now ${batch.batchId}\`, or here: update \`checkNow\``);
  expect(page).toContain(`- \`hummingbatch cancel ${batch.batchId}\`, or here: cancel`);
  expect(page).not.toContain('hummingbatch retry');
  await batch.result();
});

test('the details show a new budget at once', async () => {
  const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
  await batch.until(({ check }) => check !== undefined, 0);
  expect(await readPage(batch)).not.toContain('at most 7.50 USD');
  await batch.update(setBudgetUpdate, { maxCostUsd: 7.5 });
  expect(await readPage(batch)).toContain('at most 7.50 USD');
  await batch.result();
});

test('the details of a stopped batch show the reason, its time, the next attempt and possible actions', async () => {
  const batch = await time.start({ failures: { checkJob: Array.from({ length: 14 }, () => 'unreachable') } });
  const { stop } = await batch.until(isStopped, HOUR / 60);
  const page = await readPage(batch);
  expect(page).toContain(
    `**unreachable** at the step wait, since ${at(stop?.since)}: It failed with unreachable.`,
  );
  expect(page).toContain(`It tries again automatically at ${at(stop?.nextTry)}.`);
  for (const way of ['retry', 'accept'])
    expect(page).toContain(`- \`hummingbatch ${way} ${batch.batchId}\`, or here: update \`${way}\``);
  await batch.result();
});

test('the details of an ended batch show its end, its result, and how to make the rest again', async () => {
  const batch = await time.start(
    { lives: [{ hours: 0.1, end: 'SUCCEEDED', images: 6 }], left: [4] },
    { options: { maxRounds: 1 } },
  );
  await batch.result();
  const { endedAt, state } = await batch.progress();
  const page = await readPage(batch);
  expect(page).toContain(`## ${batch.batchId}: ${state}`);
  expect(page).toContain(`The batch ended at ${at(endedAt)}.`);
  expect(page).toContain('`hummingbatch results ');
});

test('a batch that stopped while it waited has no next check', async () => {
  const batch = await time.start({ lives: [{ hours: 0.3, end: 'deleted' }] });
  await batch.until(({ nextCheck }) => nextCheck !== undefined, 0);
  await batch.until(isStopped);
  const page = await readPage(batch);
  expect(page).toContain('**job-gone** at the step wait');
  expect(page).toContain('**last check**');
  expect(page).not.toContain('the next at');
  await batch.handle.cancel();
  await batch.endsCancelled();
});
