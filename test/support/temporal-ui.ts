import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type Frame, type Page } from 'playwright-core';
import { toWorkflowId } from '../../src/contract/index.ts';

/** The pages of a workflow that the tests read. */
export type Tab = 'timeline' | 'user-metadata' | 'search-attributes';

/** How long a text may take to be shown, ms: the UI asks the server, and that for some pages a worker. */
const PATIENCE_MS = 30_000;

/** A list of workflows as it is shown: a row by the headers of its columns. */
type Row = Record<string, string>;

export interface TemporalUi {
  readonly page: Page;
  /** Opens a page of a batch's newest run. */
  openBatch(batchId: string, tab: Tab): Promise<void>;
  /** Opens the list of workflows with a filter. */
  openList(query: string): Promise<void>;
  /** Those of these texts that the page does not show, once it shows all or has had its time. */
  missing(texts: readonly string[]): Promise<string[]>;
  /** All that a person can read on the page. */
  text(): Promise<string>;
  /** What is shown as Markdown, each for itself: on a batch's page its summary, its details, its current details. */
  panels(): Promise<string[]>;
  /** The list that is open. */
  rows(): Promise<Row[]>;
  /** Chooses the columns of the list, as a person does: the UI keeps them in the browser, no address holds them. */
  chooseColumns(add: readonly string[], remove?: readonly string[]): Promise<void>;
  /** Presses a button. */
  press(name: string): Promise<void>;
  /** Whoever has answered so far. */
  hosts(): string[];
  close(): Promise<void>;
}

/** Temporal's UI in a browser that reaches nothing but this machine. */
export async function openTemporalUi(executablePath: string, uiUrl: string): Promise<TemporalUi> {
  const browser = await chromium.launch({
    executablePath,
    // Without its sandbox, because root has none and CI is often root; it opens our own pages only.
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
  });
  // High, because the timeline draws only the rows that are in sight.
  const page = await browser.newPage({ viewport: { width: 1280, height: 2_000 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const answered = new Set<string>();
  page.on('response', (response) => answered.add(new URL(response.url()).host));
  const workflows = `${uiUrl}/namespaces/default/workflows`;

  async function readTexts(frames: readonly Frame[]): Promise<string[]> {
    const texts = await Promise.allSettled(frames.map((frame) => frame.locator('body').innerText()));
    // A frame may go while it is read.
    return texts.map((text) => (text.status === 'fulfilled' ? text.value.trim() : ''));
  }

  const text = async () => (await readTexts(page.frames())).join('\n');

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

  return {
    page,
    text,
    panels: () => readTexts(page.frames().filter((frame) => frame !== page.mainFrame())),
    async openBatch(batchId, tab) {
      // The address of a tab has the run in it; the one without leads to the newest.
      await page.goto(`${workflows}/${encodeURIComponent(toWorkflowId(batchId))}`);
      await page.waitForURL('**/timeline');
      if (tab !== 'timeline') await page.goto(page.url().replace(/timeline$/, tab));
    },
    async openList(query) {
      await page.goto(`${workflows}?query=${encodeURIComponent(query)}`, { waitUntil: 'networkidle' });
    },
    async missing(texts) {
      for (const end = Date.now() + PATIENCE_MS; ; await pause(200)) {
        const shown = (await text()).replaceAll(/\s+/g, ' ');
        const missing = texts.filter((text) => !shown.includes(text));
        if (missing.length === 0 || Date.now() > end) return missing;
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
