import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { ADDED_LABELS, getScrapedName, METRICS, type Metric } from '../../src/batch/metrics.ts';
import { freePort } from '../../src/local/ports.ts';
import { createListener } from '../support/listener.ts';
import { parsePromQl, readDeployedExpressions } from '../support/promql.ts';
import { readValue, type Series, scrape } from '../support/scrape.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item, picture } from './activities-kit.ts';
import { createDesk } from './cli-kit.ts';

const PROMPT = 'a heron at the ford';
const MODEL = 'nano-banana-pro';

/** Temporal's metrics that appear only with their first event, which a healthy run does not have. */
const ONLY_AFTER_TROUBLE: Record<string, string> = {
  temporal_workflow_task_execution_failed_total: 'a fault in workflow code',
  temporal_request_failure_total: 'a request that the server refused or did not answer',
};
/** Prometheus creates these itself for each target. */
const OF_PROMETHEUS: Record<string, readonly string[]> = { up: ['job'] };

describe('the metrics of a worker, for a batch that stopped once and has a refused row', () => {
  let world: World;
  let worker: WorkerProcess;
  let address: string;
  let stopped: Series[];
  let ended: Series[];
  let batch: ReturnType<typeof openTestBatch>;

  /** Waits until a series has this value: gauges are updated every 15 s. */
  async function until(name: string, labels: Record<string, string>, value: number): Promise<Series[]> {
    for (;;) {
      const all = await scrape(address);
      if (readValue(all, name, labels) === value) return all;
      await pause(200);
    }
  }

  beforeAll(async () => {
    world = await createWorld({
      faults: {
        faults: [
          { fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 },
          { fault: 'get.refuse', status: 'UNAVAILABLE', times: 1 },
        ],
      },
    });
    address = `127.0.0.1:${await freePort()}`;
    worker = startWorkerProcess(world, { HUMMINGBATCH_METRICS: address });
    await worker.waitForLog('Ctrl-C');
    const content = {
      name: 'metrics',
      model: MODEL,
      references: { bottle: 'bottle.png' },
      items: [
        { key: 'a', prompt: PROMPT, references: ['bottle'], count: 3 },
        { key: 'b', prompt: `${PROMPT} [refuse]` },
      ],
    };
    const path = await world.manifest(content, { 'bottle.png': await picture(11) });
    await world.hummingbatch.startBatch({ manifest: path, batchId: 'metrics' });
    batch = openTestBatch(world, 'metrics');
    await batch.stopped('permission-denied');
    stopped = await until('hummingbatch_stopped_batches', { code: 'permission-denied' }, 1);
    await batch.retry();
    await batch.ended();
    ended = await until('hummingbatch_batches', { state: 'NEEDS_ATTENTION' }, 0);
  });
  afterAll(async () => {
    await worker?.stop();
    await world?.close();
  });

  test('have their address in the worker’s log', () => {
    expect(worker.readLog()).toContain(`Metrics: http://${address}/metrics`);
  });

  test('count the stopped batch as open until it has ended', () => {
    expect(readValue(stopped, 'hummingbatch_batches', { state: 'NEEDS_ATTENTION' })).toBe(1);
    expect(readValue(stopped, 'hummingbatch_batches', { state: 'WAITING' })).toBe(0);
    expect(readValue(ended, 'hummingbatch_stopped_batches', { code: 'permission-denied' })).toBe(0);
  });

  test('begin at 0 with the same labels that are counted later', () => {
    expect(readValue(stopped, 'hummingbatch_outputs_total', { outcome: 'image', model: MODEL })).toBe(0);
    expect(readValue(stopped, 'hummingbatch_rounds_total')).toBe(0);
    expect(readValue(stopped, 'hummingbatch_image_bytes_total')).toBe(0);
  });

  test('count each event once', async () => {
    const { costUsd } = await batch.report();
    const counted: [string, Record<string, string>, number | undefined][] = [
      ['stops', { step: 'submit', code: 'permission-denied' }, 1],
      ['batches_ended', { state: 'COMPLETED_WITH_FAILURES', model: MODEL }, 1],
      ['batches_ended', { state: 'COMPLETED', model: MODEL }, 0],
      ['outputs', { outcome: 'image', model: MODEL }, 3],
      ['outputs', { outcome: 'refused', model: MODEL }, 1],
      ['outputs', { outcome: 'missing', model: MODEL }, 0],
      ['rounds', {}, 1],
      ['checks', { job_state: 'SUCCEEDED' }, 1],
      ['quota_waits', {}, 0],
      ['unanswered_submissions', {}, 0],
      ['failed_attempts', { activityType: 'checkJob', code: 'unavailable' }, 1],
      ['spent_microusd', { model: MODEL }, Math.round(costUsd.actual * 1e6)],
      ['uploaded_bytes', {}, (await batch.uploads()).reduce((sum, { bytes }) => sum + bytes, 0)],
      ['image_bytes', {}, await countImageBytes()],
    ];
    const seen = counted.map(([name, labels]) => [
      name,
      labels,
      readValue(ended, `hummingbatch_${name}_total`, labels),
    ]);
    expect(seen).toEqual(counted);
    expect(costUsd.actual).toBeGreaterThan(0.1);
    // Including base64 and the text of the answers.
    expect(readValue(ended, 'hummingbatch_downloaded_bytes_total')).toBeGreaterThan(
      (await countImageBytes()) * 1.3,
    );
  });

  async function countImageBytes(): Promise<number> {
    const keys = await world.store.list('batches/metrics/images/');
    const images = await Promise.all(keys.map((key) => world.store.get(key)));
    return images.reduce((sum, image) => sum + (image?.byteLength ?? 0), 0);
  }

  test('are all in the table of metrics, with exactly its labels', () => {
    const table = Object.values(METRICS).map((metric: Metric) =>
      [getScrapedName(metric), ...[...Object.keys(metric.labels), ...ADDED_LABELS[metric.by]].sort()].join(
        ' ',
      ),
    );
    const own = ended.filter(({ name }) => name.startsWith('hummingbatch_'));
    const seen = own.map(({ name, labels }) => [name, ...Object.keys(labels).sort()].join(' '));
    expect([...new Set(seen)].sort()).toEqual(table.sort());
  });

  test('contain no batch, job, prompt or key', () => {
    const text = JSON.stringify(ended.map(({ labels }) => labels));
    for (const secret of ['"metrics"', 'batches/', PROMPT, 'test-key', 'hero'])
      expect(text).not.toContain(secret);
  });

  test('have histogram buckets for transfers of hours and batches of days', () => {
    const last = (name: string) =>
      ended.filter((series) => series.name === name).map(({ labels }) => labels['le']);
    expect(last('temporal_activity_execution_latency_seconds_bucket')).toContain('7200');
    expect(last('temporal_workflow_endtoend_latency_seconds_bucket')).toContain('345600');
  });

  test('have every metric and label that the dashboard and the alerts use', async () => {
    const unknown: unknown[] = [];
    for (const { location, expr } of await readDeployedExpressions()) {
      const { selectors, groupingLabels } = parsePromQl(expr);
      const known = new Set(selectors.flatMap(({ metric }) => findLabels(metric)));
      for (const { metric, matchers } of selectors) {
        if (metric in ONLY_AFTER_TROUBLE) continue;
        if (findLabels(metric).length === 0) unknown.push([location, metric]);
        for (const { label } of matchers)
          if (!findLabels(metric).includes(label)) unknown.push([location, metric, label]);
      }
      if (selectors.some(({ metric }) => metric in ONLY_AFTER_TROUBLE)) continue;
      for (const label of groupingLabels) if (!known.has(label)) unknown.push([location, 'by', label]);
    }
    expect(unknown).toEqual([]);
  });

  function findLabels(metric: string): string[] {
    const seen = ended.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels));
    return [...(OF_PROMETHEUS[metric] ?? []), ...new Set(seen)];
  }

  describe('the log', () => {
    const lines = () =>
      worker
        .readLog()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    test('has one line of JSON per event, including the messages of the command', () => {
      expect(lines().map(({ level }) => level)).not.toContain(undefined);
      const failures = lines().filter(({ code, step }) => code === 'unavailable' && step === 'checkJob');
      expect(failures).toHaveLength(1);
      expect(lines().filter(({ msg }) => msg === 'Activity failed')).toEqual([]);
    });

    test('has batch, round and job in the lines of steps', async () => {
      const [job] = await batch.jobs();
      const steps = lines().filter(({ msg }) => msg === 'done');
      const of = (step: string) => steps.findLast((line) => line['step'] === step);
      expect(of('prepare')).toMatchObject({ batch: 'metrics' });
      expect(of('stageRound')).toMatchObject({ batch: 'metrics', round: 1 });
      for (const step of ['createJob', 'checkJob'])
        expect(of(step)).toMatchObject({ batch: 'metrics', round: 1, job: job?.name });
    });

    test('has one line for each change of state', async () => {
      const [job] = await batch.jobs();
      const states = lines().filter(({ state }) => state !== undefined);
      expect(states.map(({ state }) => state)).toEqual([
        'PREPARING',
        'STAGING',
        'SUBMITTING',
        'NEEDS_ATTENTION',
        'SUBMITTING',
        'STAGING',
        'SUBMITTING',
        'WAITING',
        'COLLECTING',
        'REPORTING',
        'COMPLETED_WITH_FAILURES',
      ]);
      expect(states.find(({ msg }) => msg === 'stopped')).toEqual({
        level: 'warn',
        time: expect.any(String),
        batch: 'metrics',
        round: 1,
        state: 'NEEDS_ATTENTION',
        step: 'submit',
        code: 'permission-denied',
        error: expect.stringContaining('403'),
        msg: 'stopped',
      });
      expect(states.at(-1)).toMatchObject({ msg: 'ended', job: job?.name, round: 1, images: 3 });
    });

    test('contains no prompt and no key', () => {
      expect(worker.readLog()).not.toContain(PROMPT);
      expect(worker.readLog()).not.toContain('test-key');
    });
  });
});

test('a worker that takes over a batch counts nothing twice', async () => {
  const world = await createWorld({
    faults: { faults: [{ fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 }] },
  });
  onTestFinished(() => world.close());
  const first = startWorkerProcess(world);
  onTestFinished(() => first.kill());
  const manifest = buildManifest([item('a', { count: 2 })]);
  await world.hummingbatch.startNormalised({ manifest, batchId: 'metrics-taken-over' });
  const batch = openTestBatch(world, 'metrics-taken-over');
  await batch.stopped('permission-denied');
  await first.stop();

  const address = `127.0.0.1:${await freePort()}`;
  const second = startWorkerProcess(world, { HUMMINGBATCH_METRICS: address });
  onTestFinished(() => second.stop());
  await second.waitForLog('Ctrl-C');
  await batch.retry();
  await batch.ended();
  const all = await scrape(address);
  expect(all.filter(({ name }) => name === 'hummingbatch_stops_total')).toEqual([]);
  expect(readValue(all, 'hummingbatch_outputs_total', { outcome: 'image', model: MODEL })).toBe(2);
  expect(second.readLog()).not.toContain('"state":"PREPARING"');
});

describe('the metrics address', () => {
  test.each(['worker', 'up'])('ends `%s` with an error that names it if it is taken', async (verb) => {
    const { port } = await createListener();
    const desk = await createDesk({ TEMPORAL_ADDRESS: inject('temporal') });
    const { code, stderr } = await desk.execute([verb, '--emulator', '--metrics', `localhost:${port}`]);
    expect(stderr).toMatch(
      new RegExp(
        `Error: Metrics cannot be served at 127\\.0\\.0\\.1:${port}: Address already in use\\.\\n.*--metrics`,
      ),
    );
    expect(code).toBe(2);
  });

  test('is reported as invalid if its host does not exist', async () => {
    // Longer than a host name may be, so that no DNS server is asked.
    const host = 'x'.repeat(64);
    const desk = await createDesk({ TEMPORAL_ADDRESS: inject('temporal') });
    const { code, stderr } = await desk.execute(['worker', '--emulator', '--metrics', `${host}:9464`]);
    expect(stderr).toContain(`${host}:9464: there is no such host.`);
    expect(code).toBe(2);
  });
});
