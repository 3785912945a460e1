import { readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { Collected, CollectInput, EndedJob } from '../../src/activities/types.ts';
import type { Manifest, OutputRecord, Report } from '../../src/contract/index.ts';
import { type JobRecord, openJobs } from '../../src/emulator/jobs/jobs.ts';
import { orderRows } from '../../src/emulator/results/result-layout.ts';
import { getJson, getJsonLines } from '../../src/store/json.ts';
import { BATCH, begin, environment, newFolder, newWorker, places, readFiles } from './activities-kit.ts';
import type { Trial } from './line-faults-batches.ts';

const WHERE = { batchId: BATCH, where: {} };
const COLLECT = { firstRound: 1, maxRounds: 3, weCancelled: false };

type Worker = Awaited<ReturnType<typeof newWorker>>;

/** The results of a batch, and the ledger of the emulator. */
export type BatchResults = Awaited<ReturnType<typeof runBatch>>;

/** A complete result file as the emulator made it. */
export interface ResultFile {
  job: string;
  text: string;
  /** The row numbers of its job in the order of the lines. */
  order: number[];
}

/** Runs a trial and returns its results. */
export async function runBatch({ manifest, plan }: Trial) {
  const directory = await newFolder();
  const worker = await newWorker({ faults: plan, directory });
  const { store, emulator } = worker;
  const jobs = await runSteps(worker, manifest);
  const results = {
    records: (await getJsonLines<OutputRecord>(store, places.results)) ?? [],
    report: (await getJson<Report>(store, places.report)) as Report,
    /** The files of the batch's folder, by name. */
    files: await readFiles(store),
    /** The files of the folder that contains the store. */
    onDisk: await listFiles(dirname(store.location)),
    ledger: await emulator.ledger(),
    results: await fetchResultFiles(emulator.url, directory, jobs),
  };
  await emulator.close();
  return results;
}

/** Runs every step of a batch over HTTP, in the order of the workflow. Returns its jobs. */
export async function runSteps(worker: Worker, manifest: Manifest): Promise<string[]> {
  const { run, store } = worker;
  let { next } = await run('prepare', await begin(store, manifest));
  const jobs: string[] = [];
  while (next) {
    const ended = await runJob(worker, next.round);
    jobs.push(ended.job);
    ({ next } = await collect(worker, { ...WHERE, ...COLLECT, round: next.round, jobs: [ended] }));
  }
  await run('report', { ...WHERE, state: 'ended', options: {}, startedAt: 0, jobs: [], notes: [] });
  return jobs;
}

async function runJob({ run, clock }: Worker, round: number): Promise<EndedJob> {
  await run('stageRound', { ...WHERE, round });
  const { next: submission } = await run('findJob', { ...WHERE, round, pauseMs: 1 });
  const submitted = await run('createJob', { ...WHERE, round, submission });
  if (submitted.kind !== 'created') throw new Error(`it was not made: ${submitted.message}`);
  clock.ahead += 1000;
  const how = { submittedAt: 0, minIntervalMs: 1, maxIntervalMs: 1, search: 'never', pauseMs: 1 } as const;
  const { job, state, resultFile, successful, failed } = await run('checkJob', {
    ...{ ...WHERE, ...how, round, job: submitted.job },
  });
  return { job, state, ...(resultFile && { resultFile }), expectedLines: successful + failed };
}

/** Retries a step until it succeeds, as Temporal does: each attempt gets the last heartbeat of the previous one. */
async function collect({ run }: Worker, input: CollectInput): Promise<Collected> {
  let heartbeatDetails: unknown;
  for (let attempt = 1; ; attempt += 1) {
    const env = environment({ attempt, heartbeatDetails });
    env.on('heartbeat', (details) => {
      heartbeatDetails = details;
    });
    try {
      return await run('collectRound', input, { env });
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
    }
  }
}

/** Fetches the result files without faults. The lines of a job do not depend on the current fault plan. */
async function fetchResultFiles(
  url: string,
  directory: string,
  jobs: readonly string[],
): Promise<ResultFile[]> {
  await fetch(`${url}/emulator/faults`, { method: 'PUT', body: '{"faults":[]}' });
  const records = await (await openJobs(join(directory, 'jobs'), Date.now)).all();
  return Promise.all(
    jobs.map(async (job) => {
      const id = job.slice('batches/'.length);
      const path = `/download/v1beta/files/batch-${id}:download?alt=media`;
      const response = await fetch(url + path, { headers: { 'x-goog-api-key': 'any' } });
      const record = records.find((one) => one.id === id) as JobRecord;
      return { job, text: await response.text(), order: orderRows(record) };
    }),
  );
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
