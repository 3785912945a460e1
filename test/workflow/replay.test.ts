import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import release from '../../package.json' with { type: 'json' };
import { toWorkflowId } from '../../src/contract/index.ts';
import { BUNDLE } from './support/skipped-time.ts';

/** One folder for each release, named for its version. */
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
/** The workflow id follows from the input: a batch accepts no other. A firing of a schedule runs under any id. */
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

describe('a batch that runs while its worker gets this version', () => {
  test('has histories of this release too', () => {
    expect(ofRelease, `npx tsx scripts/record-histories.ts records those of ${release.version}`).not.toEqual(
      [],
    );
  });

  test.each(files)('continues where it was: %s', async (file) => {
    await expect(replay(JSON.parse(read(file)))).resolves.toBeUndefined();
  });

  test('fails here if the order of its steps changes', async () => {
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

/** A history with decoded payloads. */
function clearText(text: string): string {
  return text.replaceAll(/"data":"([^"]*)"/g, (_match, data: string) =>
    Buffer.from(data, 'base64').toString(),
  );
}

test.each(files)('%s holds no name of a machine, no path, no key and no prompt', (file) => {
  const text = clearText(read(file));
  expect(text).toContain('"batchId"');
  expect(text).not.toContain(hostname());
  expect(text).not.toContain(process.cwd());
  expect(text).not.toMatch(/"identity":"\d+@|file:|\/home\/|AIza|"prompt"/);
});
