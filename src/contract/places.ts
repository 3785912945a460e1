import { isJobName } from './job-name.ts';

/**
 * Where things lie in the store: the one place that spells its keys. What people read stands at the top of a batch's
 * folder; what the steps leave for one another stands under `work/`.
 */
export function batchPlaces(batchId: string) {
  const home = `batches/${batchId}`;
  const work = `${home}/work`;
  return {
    home,
    manifest: `${home}/manifest.json`,
    results: `${home}/results.jsonl`,
    failed: `${home}/failed.json`,
    report: `${home}/report.json`,
    page: `${home}/report.html`,
    /** An image's key, from its name in the records (`images/hero~2.png`). */
    file: (name: string) => `${home}/${name}`,
    /** Create-only, by the first `prepare`: the nonce of this batch's jobs and the fingerprint it was begun with. */
    identity: `${work}/identity.json`,
    /** How a person last said that it is to be run, over all its runs. */
    options: `${work}/options.json`,
    plan: `${work}/plan.jsonl`,
    /** What `prepare` found out about the references, by name. */
    references: `${work}/references.json`,
    /** What lies at Google of them, by content. */
    uploads: `${work}/uploads.json`,
    /** Holds both files of every retry. */
    retries: `${work}/retries/`,
    /** Which outputs a retry of the ended batch is for. */
    retry: (retryId: string) => `${work}/retries/${retryId}.json`,
    /** The first round of that retry, once it has begun. */
    retryRound: (retryId: string) => `${work}/retries/${retryId}.round.json`,
    /** Where the batch stood when somebody last followed it: for when no Temporal runs. */
    seen: `${work}/progress.json`,
    rounds: `${work}/rounds/`,
    round: (round: number) => roundPlaces(`${work}/rounds/${round}`),
  };
}

function roundPlaces(home: string) {
  return {
    home,
    /** Which outputs this round is for; the first round has none: it is for all. */
    selection: `${home}/selection.json`,
    /** The uploaded request file. */
    staged: `${home}/staged.json`,
    permits: `${home}/permits/`,
    /** Create-only: the right to POST submission n, once. */
    permit: (submission: number) => `${home}/permits/${submission}.json`,
    /** Create-only: what came of that POST. */
    answer: (submission: number) => `${home}/permits/${submission}.answer.json`,
    /** Create-only, numbered: the answers taken from a job so far. */
    checkpoints: (job: string) => `${home}/collect/${job.replace('batches/', '')}/`,
    /** The mark that this round is done, with what it came to. */
    collected: `${home}/collected.json`,
  };
}

/** The store's version and id. It tells a store from a folder that merely has its name, such as a clone of the sources. */
export const STORE_FILE = 'store.json';

/** Which batch a job is of, for Google's events name only the job. Undefined for what is no name of a job. */
export function jobPlace(job: string): string | undefined {
  return isJobName(job) ? `jobs/${job.replace('batches/', '')}.json` : undefined;
}

/** A reference's bytes, by content. */
export function referencePlace(sha256: string, extension: string): string {
  return `references/${sha256}.${extension}`;
}

/** What an `Idempotency-Key` was first sent with, and that it was done; by the hash of its caller and itself. */
export function requestPlaces(hash: string) {
  return { claim: `requests/${hash}.json`, done: `requests/${hash}.done.json` };
}

/** What a schedule's firings are made of, by content: one that is created anew leaves alone what an earlier firing still reads. */
export function scheduledManifestPlace(schedule: string, sha256: string): string {
  return `${SCHEDULES}${schedule}/${sha256.slice(0, 16)}.json`;
}

/** Holds a folder for each schedule that there was. */
export const SCHEDULES = 'schedules/';
