import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type Frame, type Page } from 'playwright-core';
import { toWorkflowId } from '../../src/contract/index.ts';

/** The pages of a workflow that the tests read. */
export type Tab = 'timeline' | 'user-metadata' | 'search-attributes';

/** How long a text may take to appear, ms: the UI asks the server, and the server asks a worker for some pages. */
const TIMEOUT_MS = 30_000;

/** A row of the workflow list, by column header. */
type Row = Record<string, string>;

export interface TemporalUi {
  readonly page: Page;
  /** Opens a page of a batch's newest run, unless it is open: loading one takes a second of CPU. */
  openBatch(batchId: string, tab: Tab): Promise<void>;
  /** Opens the list of workflows with a filter. */
  openList(query: string): Promise<void>;
  /** Waits until the page shows all texts. Returns those it does not show when the time is over. */
  findMissing(texts: readonly string[]): Promise<string[]>;
  /** The visible text of the page. */
  text(): Promise<string>;
  /** The Markdown panels. On a batch's page: its summary, its details and its current details. */
  panels(): Promise<string[]>;
  /** The rows of the open list. */
  rows(): Promise<Row[]>;
  /** Chooses the columns of the list by clicks: the UI keeps them in the browser, not in the address. */
  chooseColumns(add: readonly string[], remove?: readonly string[]): Promise<void>;
  /** Presses a button. */
  press(name: string): Promise<void>;
  /** The hosts that have answered so far. */
  hosts(): string[];
  close(): Promise<void>;
}

/** Opens Temporal's UI in a browser that can reach only this machine. */
export async function openTemporalUi(executablePath: string, uiUrl: string): Promise<TemporalUi> {
  const browser = await chromium.launch({
    executablePath,
    // Without the sandbox, because root cannot use it and CI is often root; the browser opens only our own pages.
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
  });
  // A high window, because the timeline draws only visible rows.
  const page = await browser.newPage({ viewport: { width: 1280, height: 2_000 } });
  page.setDefaultTimeout(TIMEOUT_MS);
  const answered = new Set<string>();
  page.on('response', (response) => answered.add(new URL(response.url()).host));
  const workflows = `${uiUrl}/namespaces/default/workflows`;

  async function readTexts(frames: readonly Frame[]): Promise<string[]> {
    const texts = await Promise.allSettled(frames.map((frame) => frame.locator('body').innerText()));
    // A frame may disappear while it is read.
    return texts.map((text) => (text.status === 'fulfilled' ? text.value.trim() : ''));
  }

  /** The address of a tab has the run id. The address without one redirects: the browser would load two pages. */
  async function readRunId(workflow: string): Promise<string> {
    const answer = await fetch(`${uiUrl}/api/v1/namespaces/default/workflows/${workflow}`);
    const { workflowExecutionInfo } = (await answer.json()) as {
      workflowExecutionInfo: { execution: { runId: string } };
    };
    return workflowExecutionInfo.execution.runId;
  }

  const text = async () => (await readTexts(page.frames())).join('\n');

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

  return {
    page,
    text,
    panels: () => readTexts(page.frames().filter((frame) => frame !== page.mainFrame())),
    async openBatch(batchId, tab) {
      const workflow = encodeURIComponent(toWorkflowId(batchId));
      const address = `${workflows}/${workflow}/${await readRunId(workflow)}/${tab}`;
      if (page.url() !== address) await page.goto(address);
    },
    async openList(query) {
      await page.goto(`${workflows}?query=${encodeURIComponent(query)}`, { waitUntil: 'networkidle' });
    },
    async findMissing(texts) {
      for (const end = Date.now() + TIMEOUT_MS; ; await pause(200)) {
        const shown = (await text()).replaceAll(/\s+/g, ' ');
        const findMissing = texts.filter((text) => !shown.includes(text));
        if (findMissing.length === 0 || Date.now() > end) return findMissing;
      }
    },
    async rows() {
      const headers = await page.getByRole('columnheader').allInnerTexts();
      const rows = await page
        .getByRole('row')
        .filter({ has: page.getByRole('link') })
        .all();
      const cells = await Promise.all(rows.map((row) => row.getByRole('cell').allInnerTexts()));
      return cells.map((texts) =>
        Object.fromEntries(headers.map((header, column) => [header.trim(), (texts[column] ?? '').trim()])),
      );
    },
    press,
    async chooseColumns(add, remove = []) {
      await press('Configure Columns');
      for (const column of remove) await press(`Remove ${column} column`);
      for (const column of add) await press(`Add ${column} column`);
      await press('Close Workflows Table configuration');
    },
    hosts: () => [...answered],
    close: () => browser.close(),
  };
}
