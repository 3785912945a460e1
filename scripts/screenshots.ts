/**
 * Takes the screenshots in docs/images: `npm run screenshots`. The batches run on a real Temporal server and the emulator.
 * A browser of this machine shows Temporal's UI and the report of the example catalogue.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { batchPlaces } from '../src/contract/places.ts';
import { DEFAULT_TASK_QUEUE } from '../src/contract/queues.ts';
import { findBrowser, NO_BROWSER } from '../test/support/browser.ts';
import { type SampleBatches, startSampleBatches } from '../test/support/sample-batches.ts';
import { startTestTemporal } from '../test/support/temporal-server.ts';
import { openTemporalUi, type TemporalUi } from '../test/support/temporal-ui.ts';
import { createWorld } from '../test/support/world.ts';

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
const WIDTH = 1280;
/** The UI has few colours: with a palette, a screenshot has a third of the bytes and looks the same. */
const UI_COLOURS = 64;
/** The painted images have gradients: fewer colours show as bands. */
const REPORT_COLOURS = 256;
/** One row of images, pixels. */
const REPORT_HEIGHT = 505;
const CATALOGUE = fileURLToPath(new URL('../examples/catalogue/manifest.yaml', import.meta.url));

interface Picture {
  /** Height of the window, pixels. */
  height: number;
  /** Opens the page. */
  open: (ui: TemporalUi, samples: SampleBatches) => Promise<void>;
  /** Texts that the page must show before the screenshot is taken. */
  expectedTexts: (samples: SampleBatches) => string[];
}

const PICTURES: Record<string, Picture> = {
  running: {
    height: 1020,
    open: (ui, { running }) => ui.openBatch(running.id, 'user-metadata'),
    expectedTexts: ({ running }) => [`${running.id}: WAITING`, `hummingbatch check-now ${running.id}`],
  },
  stopped: {
    height: 1120,
    open: (ui, { stopped }) => ui.openBatch(stopped.id, 'user-metadata'),
    expectedTexts: ({ stopped }) => [`${stopped.id}: NEEDS_ATTENTION`, `hummingbatch retry ${stopped.id}`],
  },
  finished: {
    height: 1290,
    open: (ui, { finished }) => ui.openBatch(finished.id, 'timeline'),
    expectedTexts: () => ['prepare • before the first round', 'round 2: collect', 'after round 2'],
  },
  list: {
    height: 340,
    async open(ui) {
      const query = 'GeminiModel="gemini-3-pro-image"';
      await ui.openList(query);
      await ui.chooseColumns(
        ['BatchState', 'StopReason', 'OutputsTotal', 'OutputsDone', 'OutputsFailed'],
        ['Status', 'Run ID', 'Type', 'Start', 'End'],
      );
      await ui.openList(query);
      await ui.press('Maximize');
      // The button shows a tooltip until the pointer leaves it.
      await ui.page.mouse.move(0, 0);
      await ui.page.getByText('Minimize', { exact: true }).waitFor({ state: 'hidden' });
    },
    expectedTexts: () => ['WAITING', 'NEEDS_ATTENTION', 'COMPLETED_WITH_FAILURES'],
  },
};

async function takePicture(
  ui: TemporalUi,
  samples: SampleBatches,
  name: string,
  picture: Picture,
): Promise<void> {
  const { height, open, expectedTexts } = picture;
  await ui.page.setViewportSize({ width: WIDTH, height });
  await open(ui, samples);
  const missing = await ui.findMissing(expectedTexts(samples));
  if (missing.length > 0) throw new Error(`The page for ${name} does not show: ${missing.join(', ')}`);
  await save(ui, `temporal-${name}.png`, UI_COLOURS);
}

async function save(ui: TemporalUi, name: string, colours: number): Promise<void> {
  const path = join(FOLDER, name);
  const png = await ui.page.screenshot({ animations: 'disabled' });
  const { size } = await sharp(png).png({ palette: true, colours, effort: 10 }).toFile(path);
  console.log(`${path}: ${Math.round(size / 1_000)} kB`);
}

/** Runs the example catalogue and takes the page that the batch leaves in the store. */
async function takeReport(ui: TemporalUi, temporal: string, storeAt: string): Promise<void> {
  const world = await createWorld({ temporal, storeAt, jobSeconds: 1, images: 'painted' });
  try {
    await world.work();
    const { batchId } = await world.hummingbatch.startBatch({ manifest: CATALOGUE });
    await world.hummingbatch.batch(batchId).wait();
    await ui.page.setViewportSize({ width: WIDTH, height: REPORT_HEIGHT });
    await ui.page.goto(pathToFileURL(join(storeAt, batchPlaces(batchId).page)).href, {
      waitUntil: 'networkidle',
    });
    await save(ui, 'report.png', REPORT_COLOURS);
  } finally {
    await world.close();
  }
}

const browser = await findBrowser(process.env);
if (!browser) throw new Error(NO_BROWSER);
await mkdir(FOLDER, { recursive: true });
// The screenshots show this path.
const folder = await mkdtemp(join(tmpdir(), 'studio-'));
const temporal = await startTestTemporal();
const samples = await startSampleBatches({
  temporal: temporal.address,
  storeAt: join(folder, 'hummingbatch'),
  taskQueue: DEFAULT_TASK_QUEUE,
});
const ui = await openTemporalUi(browser, temporal.uiUrl);
try {
  for (const [name, picture] of Object.entries(PICTURES)) await takePicture(ui, samples, name, picture);
  await takeReport(ui, temporal.address, join(folder, 'report'));
} finally {
  await ui.close();
  await samples.world.close();
  await temporal.release();
  await rm(folder, { recursive: true, force: true });
}
