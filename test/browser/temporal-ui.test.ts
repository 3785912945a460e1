import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { availableActions, type BatchProgress, OUTCOMES, toWorkflowId } from '../../src/contract/index.ts';
import type { BatchIn } from '../support/batch-in.ts';
import { findBrowser, NO_BROWSER } from '../support/browser.ts';
import { openShowcase, SHOWCASE_LABEL, type Showcase } from '../support/showcase.ts';
import { openTemporalUi, type TemporalUi } from '../support/temporal-ui.ts';
import { type Event, readSummary } from '../workflow/support/events.ts';

const browser = await findBrowser(process.env);
if (!browser) console.warn(NO_BROWSER);

const BATCHES = ['running', 'stopped', 'finished'] as const;
const STATES = {
  running: 'WAITING',
  stopped: 'NEEDS_ATTENTION',
  finished: 'COMPLETED_WITH_FAILURES',
} as const;

/** The questions that a list answers, and the one batch that is the answer. */
const QUESTIONS = [
  {
    question: 'what needs attention, and why',
    query: `BatchState="NEEDS_ATTENTION" AND BatchLabels="${SHOWCASE_LABEL}"`,
    answer: 'stopped',
    columns: { BatchState: 'NEEDS_ATTENTION', StopReason: 'permission-denied' },
  },
  {
    question: 'which batches of this model failed outputs',
    query: `GeminiModel="gemini-3-pro-image" AND OutputsFailed > 0 AND BatchLabels="${SHOWCASE_LABEL}"`,
    answer: 'finished',
    columns: { GeminiModel: 'gemini-3-pro-image', OutputsFailed: '1', OutputsTotal: '8' },
  },
] as const;

describe.skipIf(!browser)('the Temporal UI in a browser', () => {
  let showcase: Showcase;
  let ui: TemporalUi;

  beforeAll(async () => {
    showcase = await openShowcase();
    ui = await openTemporalUi(browser ?? '', inject('uiUrl'));
  });
  afterAll(async () => {
    await ui?.close();
    await showcase?.world.close();
  });

  async function readEvents({ id }: BatchIn): Promise<Event[]> {
    const handle = showcase.world.client.workflow.getHandle(toWorkflowId(id));
    return (await handle.fetchHistory()).events ?? [];
  }

  test.each(BATCHES)('says where a %s batch stands, and what a person can do now', async (name) => {
    const batch = showcase[name];
    const progress = await batch.handle.status();
    expect(progress.state).toBe(STATES[name]);
    await ui.openBatch(batch.id, 'user-metadata');
    expect(
      await ui.missing([
        ...expectedFacts(progress),
        ...availableActions(progress).map(({ command }) => command),
      ]),
    ).toEqual([]);
  });

  test('says of a stopped batch what happened, and how it is mended', async () => {
    const { stop } = await showcase.stopped.handle.status();
    await ui.openBatch(showcase.stopped.id, 'user-metadata');
    const words = [
      'permission-denied',
      'Google answered 403',
      'The caller does not have permission.',
      `hummingbatch retry ${showcase.stopped.id}`,
      spelled(stop?.since ?? 'no stop'),
    ];
    expect(await ui.missing(words)).toEqual([]);
  });

  test('says of a running batch when Google was asked, and when it will be', async () => {
    await ui.openBatch(showcase.running.id, 'user-metadata');
    expect(await ui.missing(['last check'])).toEqual([]);
    expect(await ui.text()).toMatch(/last check: 20\d\d-\S+Z, the next at 20\d\d-\S+Z/);
  });

  test.each(BATCHES)('has a line for people at each step and timer of a %s batch', async (name) => {
    const batch = showcase[name];
    const lines = (await readEvents(batch)).flatMap(formatLine);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter((line) => /^$|• $/.test(line))).toEqual([]);
    await ui.openBatch(batch.id, 'timeline');
    expect(await ui.missing(lines)).toEqual([]);
  });

  test.each(BATCHES)('names a %s batch, and the place of its files', async (name) => {
    const { id } = showcase[name];
    await ui.openBatch(id, 'user-metadata');
    const summaryAndDetails = async () => (await ui.panels()).slice(0, 2);
    await expect
      .poll(summaryAndDetails, { timeout: 30_000 })
      .toEqual([
        expect.stringMatching(/^[a-z-]+: \d+ outputs of nano-banana-pro$/),
        expect.stringContaining(showcase.world.store.location),
      ]);
    expect((await ui.panels())[1]).toContain(`batches/${id}`);
  });

  test('shows the search attributes of a batch', async () => {
    const { id, handle } = showcase.running;
    const { job } = await handle.status();
    await ui.openBatch(id, 'search-attributes');
    const words = [
      `"BatchId": "${id}"`,
      '"BatchState": "WAITING"',
      '"GeminiModel": "gemini-3-pro-image"',
      `"GeminiJob": "${job}"`,
      '"OutputsTotal": 12',
    ];
    expect(await ui.missing(words)).toEqual([]);
  });

  test.each(QUESTIONS)('answers: $question?', async ({ query, answer, columns }) => {
    const { id } = showcase[answer];
    const names = Object.keys(columns);
    await ui.openList(query);
    await ui.chooseColumns(names);
    // What a search finds follows the history with a delay.
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

  test('needs nobody but the Temporal server', () => {
    expect(ui.hosts()).toEqual([new URL(inject('uiUrl')).host]);
  });
});

/** What is true of a batch, in words that do not hang on the layout of the page. */
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

/** A time as the page spells it. */
function spelled(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z');
}

/** How the timeline names a step or a timer. */
function formatLine(event: Event): string[] {
  const step = event.activityTaskScheduledEventAttributes?.activityType?.name;
  if (step) return [`${step} • ${readSummary(event)}`];
  return event.timerStartedEventAttributes ? [readSummary(event)] : [];
}

function pick(row: Record<string, string>, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
