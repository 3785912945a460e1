/**
 * Records the histories that test/workflow/replay.test.ts replays, into the folder of this release:
 * `npx tsx scripts/record-histories.ts`. They represent the batches that are running when a new version is deployed. The
 * script only adds histories: a recorded one never changes, and workflow code that cannot replay it needs `patched`.
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

/** Each scenario runs a batch, or one firing of a schedule, to its end. */
const SCENARIOS: Record<string, (time: SkippedTime) => Promise<Pick<ScriptedBatch, 'handle'>>> = {
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
      submissions: [{ kind: 'lost', visibleAfterMs: 300_000 }],
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
        submissions: [{ kind: 'lost', visibleAfterMs: 3_600_000_000 }],
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

  /** A batch that ignores the event of another job and checks at once for an event of its own job. */
  async signalled(time) {
    const batch = await time.start({ lives: [{ hours: 1, end: 'SUCCEEDED' }] });
    const { check, job } = await batch.until(({ check }) => (check?.number ?? 0) >= 5);
    await batch.handle.signal(jobEventSignal, { job: 'batches/another' });
    await batch.handle.signal(jobEventSignal, { job: job ?? '' });
    await batch.until((now) => (now.check?.number ?? 0) > (check?.number ?? 0), 0);
    await batch.result();
    return batch;
  },
};

await mkdir(folder, { recursive: true });
const recorded = await readdir(folder);
const missing = Object.entries(SCENARIOS).filter(([name]) => !recorded.includes(`${name}.json`));
console.log(`${folder}: ${recorded.length} exist and stay unchanged, recording ${missing.length}.`);

// The default identity, pid@host, would put the name of this machine into the histories.
const time = await createSkippedTime('recorder');
for (const [name, runScenario] of missing) {
  const { handle } = await runScenario(time);
  // Stack traces contain folders of this machine, and a replay does not need them.
  const history = JSON.parse(historyToJSON(await handle.fetchHistory()), (key, value) =>
    key === 'stackTrace' ? '' : value,
  );
  // The flag wx never overwrites an existing history.
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(history)}\n`, { flag: 'wx' });
}
await time.close();
