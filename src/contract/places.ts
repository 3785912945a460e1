import { isJobName } from './job-name.ts';

/**
 * The keys of the store; no other file spells them. Files for people are at the top of a batch's folder. Files that the steps
 * write for one another are under `work/`.
 */
export function batchPlaces(batchId: string) {
  const folder = `batches/${batchId}`;
  const work = `${folder}/work`;
  return {
    folder,
    manifest: `${folder}/manifest.json`,
    results: `${folder}/results.jsonl`,
    failed: `${folder}/failed.json`,
    report: `${folder}/report.json`,
    page: `${folder}/report.html`,
    /** An image's key, from its name in the records (`images/hero~2.png`). */
    file: (name: string) => `${folder}/${name}`,
    /** Create-only, written by the first `prepare`: the nonce of this batch's jobs and the fingerprint of its manifest. */
    identity: `${work}/identity.json`,
    /** The options that were last chosen for the batch, over all its runs. */
    options: `${work}/options.json`,
    plan: `${work}/plan.jsonl`,
    /** What `prepare` measured of the references, by name. */
    references: `${work}/references.json`,
    /** Which references are uploaded to Google, by content. */
    uploads: `${work}/uploads.json`,
    /** The folder with two files for each retry. */
    retries: `${work}/retries/`,
    /** Which outputs a retry of the ended batch is for. */
    retry: (retryId: string) => `${work}/retries/${retryId}.json`,
    /** The first round of that retry. Absent until the retry begins. */
    retryRound: (retryId: string) => `${work}/retries/${retryId}.round.json`,
    /** The last progress that was saved, for when no Temporal server runs. */
    seen: `${work}/progress.json`,
    rounds: `${work}/rounds/`,
    round: (round: number) => roundPlaces(`${work}/rounds/${round}`),
  };
}

/** A line of a result file that is not understood, by content, relative to its batch's folder. */
export function unreadablePlace(sha256: string): string {
  return `work/unreadable/${sha256.slice(0, 32)}.txt`;
}

function roundPlaces(folder: string) {
  return {
    folder,
    /** Which outputs this round is for; the first round has none: it is for all. */
    selection: `${folder}/selection.json`,
    /** The uploaded request file. */
    staged: `${folder}/staged.json`,
    permits: `${folder}/permits/`,
    /** Create-only: the right to POST submission n, once. */
    permit: (submission: number) => `${folder}/permits/${submission}.json`,
    /** Create-only: what came of that POST. */
    answer: (submission: number) => `${folder}/permits/${submission}.answer.json`,
    /** Create-only: submission n costs nothing, because an operator says that it made no job, or its job ended without a result. */
    free: (submission: number, why: 'no-job' | 'no-result') => `${folder}/permits/${submission}.${why}.json`,
    /** Create-only, numbered: the answers taken from a job so far. */
    checkpoints: (job: string) => `${folder}/collect/${job.replace('batches/', '')}/`,
    /** The mark that this round is done, with what it came to. */
    collected: `${folder}/collected.json`,
  };
}

/** The store's version and id. It tells a store from a folder that merely has its name, such as a clone of the sources. */
export const STORE_FILE = 'store.json';

/** Which batch a job is of, for Google's events name only the job. Undefined for what is no name of a job. */
export function jobPlace(job: string): string | undefined {
  return isJobName(job) ? `jobs/${job.replace('batches/', '')}.json` : undefined;
}

/** What belongs to a tenant. A token of the HTTP API is the tenant of its name. */
export function tenantPlaces(tenant: string) {
  const folder = `tenants/${tenant}`;
  return {
    /** The folder with an empty file for each reference that the tenant may name by its content. */
    references: `${folder}/references/`,
    reference: (sha256: string) => `${folder}/references/${sha256}.json`,
  };
}

/** Holds a folder for each owner of batches. */
export const STARTS = 'starts/';

/** That a run of a batch began, ms since 1970: an empty file, whose name says all. */
export function startPlace(owner: string, at: number, batchId: string): string {
  return `${STARTS}${owner}/${at}-${batchId}.json`;
}

/** Holds all references. */
export const REFERENCES = 'references/';

/** A reference's bytes, by content. */
export function referencePlace(sha256: string, extension: string): string {
  return `${REFERENCES}${sha256}.${extension}`;
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
