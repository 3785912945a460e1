import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  availableActions,
  type BatchProgress,
  OUTCOMES,
  toCommand,
  toWorkflowId,
} from '../../src/contract/index.ts';
import { findBrowser, NO_BROWSER } from '../support/browser.ts';
import { SAMPLE_LABEL, type SampleBatches, startSampleBatches } from '../support/sample-batches.ts';
import { openTemporalUi, type TemporalUi } from '../support/temporal-ui.ts';
import type { TestBatch } from '../support/test-batch.ts';
import { type Event, readSummary } from '../workflow/support/events.ts';

const browser = await findBrowser(process.env);
if (!browser) console.warn(NO_BROWSER);

const BATCHES = ['running', 'stopped', 'finished'] as const;
const STATES = {
  running: 'WAITING',
  stopped: 'NEEDS_ATTENTION',
  finished: 'COMPLETED_WITH_FAILURES',
} as const;

/** Filters of the workflow list, each with the one batch that it finds. */
const FILTERS = [
  {
    question: 'a batch that needs attention, with the reason',
    query: `BatchState="NEEDS_ATTENTION" AND BatchLabels="${SAMPLE_LABEL}"`,
    answer: 'stopped',
    columns: { BatchState: 'NEEDS_ATTENTION', StopReason: 'permission-denied' },
  },
  {
    question: 'a batch of one model with failed outputs',
    query: `GeminiModel="gemini-3-pro-image" AND OutputsFailed > 0 AND BatchLabels="${SAMPLE_LABEL}"`,
    answer: 'finished',
    columns: { GeminiModel: 'gemini-3-pro-image', OutputsFailed: '1', OutputsTotal: '8' },
  },
] as const;

describe.skipIf(!browser)('the Temporal UI in a browser', () => {
  let samples: SampleBatches;
  let ui: TemporalUi;

  beforeAll(async () => {
    samples = await startSampleBatches();
    ui = await openTemporalUi(browser ?? '', inject('uiUrl'));
  });
  afterAll(async () => {
    await ui?.close();
    await samples?.world.close();
  });

  async function readEvents({ id }: TestBatch): Promise<Event[]> {
    const handle = samples.world.client.workflow.getHandle(toWorkflowId(id));
    return (await handle.fetchHistory()).events ?? [];
  }

  describe.each(BATCHES)('on the pages of a %s batch', (name) => {
    test('shows its state and its next steps', async () => {
      const batch = samples[name];
      const progress = await batch.handle.status();
      expect(progress.state).toBe(STATES[name]);
      await ui.openBatch(batch.id, 'user-metadata');
      expect(
        await ui.findMissing([...expectedFacts(progress), ...availableActions(progress).map(toCommand)]),
      ).toEqual([]);
    });

    test('shows its name and its folder', async () => {
      const { id } = samples[name];
      await ui.openBatch(id, 'user-metadata');
      const summaryAndDetails = async () => (await ui.panels()).slice(0, 2);
      await expect
        .poll(summaryAndDetails, { timeout: 30_000 })
        .toEqual([
          expect.stringMatching(/^[a-z-]+: \d+ outputs of nano-banana-pro$/),
          expect.stringContaining(samples.world.store.location),
        ]);
      expect((await ui.panels())[1]).toContain(`batches/${id}`);
    });

    test('shows a readable summary for each step and timer', async () => {
      const batch = samples[name];
      const lines = (await readEvents(batch)).flatMap(formatLine);
      expect(lines.length).toBeGreaterThan(3);
      expect(lines.filter((line) => /^$|• $/.test(line))).toEqual([]);
      await ui.openBatch(batch.id, 'timeline');
      expect(await ui.findMissing(lines)).toEqual([]);
    });
  });

  test('shows what happened to a stopped batch and how to fix it', async () => {
    const { stop } = await samples.stopped.handle.status();
    await ui.openBatch(samples.stopped.id, 'user-metadata');
    const words = [
      'permission-denied',
      'Google answered 403',
      'The caller does not have permission.',
      `hummingbatch retry ${samples.stopped.id}`,
      formatTime(stop?.since ?? 'no stop'),
    ];
    expect(await ui.findMissing(words)).toEqual([]);
  });

  test('shows the times of the last and the next check of a running batch', async () => {
    await ui.openBatch(samples.running.id, 'user-metadata');
    expect(await ui.findMissing(['last check'])).toEqual([]);
    expect(await ui.text()).toMatch(/last check: 20\d\d-\S+Z, the next at 20\d\d-\S+Z/);
  });

  test('shows the search attributes of a batch', async () => {
    const { id, handle } = samples.running;
    const { job } = await handle.status();
    await ui.openBatch(id, 'search-attributes');
    const words = [
      `"BatchId": "${id}"`,
      '"BatchState": "WAITING"',
      '"GeminiModel": "gemini-3-pro-image"',
      `"GeminiJob": "${job}"`,
      '"OutputsTotal": 12',
    ];
    expect(await ui.findMissing(words)).toEqual([]);
  });

  test.each(FILTERS)('finds by filter: $question', async ({ query, answer, columns }) => {
    const { id } = samples[answer];
    const names = Object.keys(columns);
    await ui.openList(query);
    await ui.chooseColumns(names);
    // Search results follow the history with a delay.
    await expect
      .poll(
        async () => {
          await ui.openList(query);
          return (await ui.rows()).map((row) => pick(row, ['Workflow ID', ...names]));
        },
        { timeout: 60_000 },
      )
      .toEqual([{ 'Workflow ID': toWorkflowId(id), ...columns }]);
  });

  test('loads nothing from hosts other than the Temporal server', () => {
    expect(ui.hosts()).toEqual([new URL(inject('uiUrl')).host]);
  });
});

/** Facts of a batch as texts that do not depend on the layout of the page. */
function expectedFacts({ batchId, state, model, job, round, outputs, costUsd }: BatchProgress): string[] {
  return [
    `${batchId}: ${state}`,
    ...(model ? [model] : []),
    ...(job ? [job] : []),
    `round: ${round}`,
    ...OUTCOMES.map((outcome) => `${outputs[outcome]} ${outcome}`),
    `${costUsd.actual.toFixed(2)} USD`,
    `${costUsd.estimated.toFixed(2)} USD`,
  ];
}

/** A time as the page shows it. */
function formatTime(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z');
}

/** The text of a step or a timer in the timeline. */
function formatLine(event: Event): string[] {
  const step = event.activityTaskScheduledEventAttributes?.activityType?.name;
  if (step) return [`${step} • ${readSummary(event)}`];
  return event.timerStartedEventAttributes ? [readSummary(event)] : [];
}

function pick(row: Record<string, string>, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
