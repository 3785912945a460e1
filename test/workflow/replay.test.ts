import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import release from '../../package.json' with { type: 'json' };
import { toWorkflowId } from '../../src/contract/index.ts';
import { BUNDLE } from './support/skipped-time.ts';

/** A folder for each release, named for its version. */
const FOLDER = new URL('../histories/', import.meta.url);

interface StoredHistory {
  events: {
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
    workflowExecutionStartedEventAttributes?: { input: { payloads: { data: string }[] } };
  }[];
}

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);
const ofRelease = files.filter((file) => dirname(file) === release.version);
const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');
/** The input says it: a batch refuses to run under another id than its own. A firing of a schedule has none in it, and runs under any. */
function toId({ events }: StoredHistory): string {
  const [data = ''] =
    events[0]?.workflowExecutionStartedEventAttributes?.input.payloads.map(({ data }) => data) ?? [];
  const { batchId = 'of-a-firing' } = JSON.parse(Buffer.from(data, 'base64').toString()) as {
    batchId?: string;
  };
  return toWorkflowId(batchId);
}

const replay = (history: StoredHistory) =>
  Worker.runReplayHistory({ workflowBundle: { codePath: BUNDLE } }, history, toId(history));

describe('a batch that runs while a new version comes out', () => {
  test('may be of this release too, which has its own histories', () => {
    expect(ofRelease, `npx tsx scripts/record-histories.ts records those of ${release.version}`).not.toEqual(
      [],
    );
  });

  test.each(files)('goes on where it stood: %s', async (file) => {
    await expect(replay(JSON.parse(read(file)))).resolves.toBeUndefined();
  });

  test('would be noticed here where its steps came in another order', async () => {
    const history: StoredHistory = JSON.parse(read(`${release.version}/plain.json`));
    const steps = history.events.flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    const [staged, found] = ['stageRound', 'findJob'].map((name) =>
      steps.find(({ activityType }) => activityType.name === name),
    );
    if (!staged || !found) throw new Error('The history has lost its steps.');
    [staged.activityType, found.activityType] = [found.activityType, staged.activityType];
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
  });
});

/** With its payloads in clear. */
function clearText(text: string): string {
  return text.replaceAll(/"data":"([^"]*)"/g, (_match, data: string) =>
    Buffer.from(data, 'base64').toString(),
  );
}

test.each(files)('%s holds no machine, path, key or prompt', (file) => {
  const text = clearText(read(file));
  expect(text).toContain('"batchId"');
  expect(text).not.toContain(hostname());
  expect(text).not.toContain(process.cwd());
  expect(text).not.toMatch(/"identity":"\d+@|file:|\/home\/|AIza|"prompt"/);
});
