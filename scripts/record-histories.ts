/**
 * Records the histories that test/workflow/replay.test.ts replays, into the folder of this release:
 * `npx tsx scripts/record-histories.ts`. They stand for the batches that run somewhere while a new version comes out, so
 * they are only ever added to: a recorded one stays as it is, and workflow code that cannot replay it needs `patched`.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import release from '../package.json' with { type: 'json' };
import {
  adoptUpdate,
  type BatchProgress,
  checkNowUpdate,
  jobEventSignal,
  retryUpdate,
} from '../src/contract/index.ts';
import {
  createSkippedTime,
  type ScriptedBatch,
  type SkippedTime,
} from '../test/workflow/support/skipped-time.ts';

const folder = fileURLToPath(new URL(`../test/histories/${release.version}/`, import.meta.url));

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';

/** Each plays a batch to its end, or a firing of a schedule. */
const STORIES: Record<string, (time: SkippedTime) => Promise<Pick<ScriptedBatch, 'handle'>>> = {
  async plain(time) {
    const batch = await time.start({ lives: [{ hours: 0.2, end: 'SUCCEEDED' }] });
    await batch.until(({ check }) => check !== undefined, 0);
    await batch.update(checkNowUpdate);
    await batch.result();
    return batch;
  },

  async rounds(time) {
    const batch = await time.start({
      submissions: [{ kind: 'refused', code: 'rate-limited' }, { kind: 'lost' }],
      lives: [
        { hours: 0.3, end: 'SUCCEEDED', images: 6 },
        { hours: 0.1, end: 'EXPIRED' },
        { hours: 0.1, end: 'SUCCEEDED', images: 3 },
      ],
      left: [4, 4],
    });
    await batch.result();
    return batch;
  },

  async 'late-job'(time) {
    const batch = await time.start({
      submissions: [{ kind: 'lost', seenAfterMs: 300_000 }],
      lives: [
        { hours: 2, end: 'SUCCEEDED', images: 2 },
        { hours: 0.3, end: 'SUCCEEDED' },
      ],
    });
    await batch.result();
    return batch;
  },

  async 'stopped-and-retried'(time) {
    const batch = await time.start({
      failures: { stageRound: ['permission-denied'] },
      lives: [
        { hours: 0.1, end: 'deleted' },
        { hours: 0.1, end: 'SUCCEEDED' },
      ],
    });
    await batch.until(isStopped);
    await batch.update(retryUpdate);
    await batch.until(({ stop }) => stop?.code === 'job-gone');
    await batch.update(retryUpdate);
    await batch.result();
    return batch;
  },

  async adopted(time) {
    const batch = await time.start(
      {
        submissions: [{ kind: 'lost', seenAfterMs: 3_600_000_000 }],
        lives: [{ hours: 0.3, end: 'SUCCEEDED' }],
      },
      { options: { onUnknownSubmit: 'park' } },
    );
    await batch.until(isStopped);
    await batch.update(adoptUpdate, { job: batch.google.jobNames()[0] ?? '' });
    await batch.result();
    return batch;
  },

  async cancelled(time) {
    const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED', images: 3 }] });
    await batch.until(({ check }) => (check?.number ?? 0) >= 5);
    await batch.handle.cancel();
    await batch.endsCancelled();
    return batch;
  },

  async scheduled(time) {
    const firing = await time.fire('daily', {
      failures: { putScheduled: Array(8).fill('store-missing') },
      lives: [{ hours: 0.2, end: 'SUCCEEDED' }],
    });
    await firing.handle.result();
    return firing;
  },

  /** Recorded when each event woke the batch, of whichever job. */
  async knocked(time) {
    const batch = await time.start({ lives: [{ hours: 1, end: 'SUCCEEDED' }] });
    const { check } = await batch.until(({ check }) => (check?.number ?? 0) >= 5);
    await batch.handle.signal(jobEventSignal, { job: 'batches/another' });
    await batch.until((now) => (now.check?.number ?? 0) > (check?.number ?? 0), 0);
    await batch.result();
    return batch;
  },
};

await mkdir(folder, { recursive: true });
const recorded = await readdir(folder);
const missing = Object.entries(STORIES).filter(([name]) => !recorded.includes(`${name}.json`));
console.log(`${folder}: ${recorded.length} are there and stay, ${missing.length} are recorded.`);

// By default it would be pid@host.
const time = await createSkippedTime('recorder');
for (const [name, play] of missing) {
  const { handle } = await play(time);
  // Stack traces name folders of this machine, and a replay has no use for them.
  const history = JSON.parse(historyToJSON(await handle.fetchHistory()), (key, value) =>
    key === 'stackTrace' ? '' : value,
  );
  // Never over one that is there.
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(history)}\n`, { flag: 'wx' });
}
await time.close();
