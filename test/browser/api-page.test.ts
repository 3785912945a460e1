import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiDesk, openApiDesk, threeOutputs } from '../integration/api-kit.ts';
import { findBrowser, NO_BROWSER } from '../support/browser.ts';

const browser = await findBrowser(process.env);
if (!browser) console.warn(NO_BROWSER);
const TOKEN = 'page-secret-page-secret';

describe.skipIf(!browser)('the interactive API documentation', () => {
  let desk: ApiDesk;
  let chrome: Browser;
  let page: Page;
  /** Errors of the console and the page. */
  const browserErrors: string[] = [];

  beforeAll(async () => {
    desk = await openApiDesk({ jobSeconds: 0.5 }, { tokens: `page=${TOKEN}` });
    await desk.api.post('/v1/batches?batchId=page-order', { token: TOKEN, body: threeOutputs('order') });
    await desk.ended('page-order');
    chrome = await chromium.launch({ executablePath: browser ?? '', args: ['--no-sandbox'] });
    page = await chrome.newPage({ viewport: { width: 1300, height: 1600 } });
    page.on('console', (message) => message.type() === 'error' && browserErrors.push(message.text()));
    page.on('pageerror', (error) => browserErrors.push(String(error)));
    await page.goto(`${desk.api.url}/docs`);
  });
  afterAll(async () => {
    await chrome?.close();
    await desk.close();
  });

  test('shows every operation without a browser error', async () => {
    await page.getByText('/v1/batches/{batchId}/set-budget').waitFor();
    expect(await page.locator('.opblock').count()).toBeGreaterThan(14);
    expect(browserErrors).toEqual([]);
  });

  test('sends a request with the entered token and shows the answer', async () => {
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.auth-container input').fill(TOKEN);
    await page.locator('.auth-container').getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).last().click();
    const block = page.locator('#operations-batches-getBatch');
    await block.locator('.opblock-summary').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    await block.getByPlaceholder('batchId').fill('page-order');
    await block.getByRole('button', { name: 'Execute' }).click();
    const live = block.locator('.live-responses-table');
    await live.waitFor();
    expect(await live.locator('.response-col_status').last().innerText()).toContain('200');
    expect(await live.innerText()).toContain('"COMPLETED"');
    expect(browserErrors).toEqual([]);
    if (process.env['SCREENSHOT']) await page.screenshot({ path: process.env['SCREENSHOT'], fullPage: true });
  });
});
