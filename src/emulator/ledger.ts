import type { FaultBook } from './faults/book.ts';
import type { FaultName } from './faults/plan.ts';
import type { FileRecord } from './files/files.ts';
import type { Refusal } from './http/envelope.ts';
import { isDeleted, type JobRecord, type Jobs, type Row } from './jobs/jobs.ts';
import { computeStanding, type JobState } from './jobs/life.ts';
import { imagesBilled } from './rows/effects.ts';

/**
 * What clients requested of the emulator. `jobs` are all jobs in its folder, including deleted ones; everything else
 * counts from the start of this emulator.
 */
export interface Ledger {
  /** Requests by route, answered or refused. */
  requests: Record<string, number>;
  jobs: JobEntry[];
  uploads: UploadEntry[];
  /** Of all jobs. */
  imagesBilled: number;
  /** Bytes of result files, counted when they are written to the connection. */
  bytesDownloaded: number;
  /** The last 1000 requests that were refused. */
  refusedRequests: RefusedRequest[];
  /** How often each fault has fired, over all plans. */
  faults: Partial<Record<FaultName, number>>;
  /** Requests that were carried out and whose answer a fault cut off before its first byte. */
  answersLost: number;
  /** Attempts to deliver events to webhooks. */
  events: EventCounts;
}

export interface EventCounts {
  /** Answered with 2xx. */
  delivered: number;
  /** Answered with another status, or not within 5 s. */
  failed: number;
}

export interface JobEntry {
  /** `batches/…` */
  name: string;
  displayName?: string;
  model: string;
  createTime: string;
  state: JobState;
  /** Cancelled by a client, not by a fault. */
  cancelled: boolean;
  deleted: boolean;
  rows: number;
  imagesBilled: number;
  /** How often a GET asked for it, answered or not. */
  gets: number;
}

export interface UploadEntry {
  name: string;
  displayName?: string;
  mimeType: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

export interface RefusedRequest {
  time: string;
  route: string;
  status: string;
  message: string;
}

const MAX_REFUSED_REQUESTS = 1000;

export type LedgerBook = ReturnType<typeof openLedger>;

export function openLedger(jobs: Jobs, faults: FaultBook, now: () => number) {
  const requests = new Map<string, number>();
  const gets = new Map<string, number>();
  const uploads: UploadEntry[] = [];
  const refusedRequests: RefusedRequest[] = [];
  let bytesDownloaded = 0;
  let answersLost = 0;
  const events: EventCounts = { delivered: 0, failed: 0 };

  function addRefused(route: string, status: string, message: string): void {
    refusedRequests.push({ time: new Date(now()).toISOString(), route, status, message });
    if (refusedRequests.length > MAX_REFUSED_REQUESTS) refusedRequests.shift();
  }

  return {
    countRequest: (route: string) => requests.set(route, (requests.get(route) ?? 0) + 1),
    countGet: (jobId: string) => gets.set(jobId, (gets.get(jobId) ?? 0) + 1),
    addDownloaded: (bytes: number) => {
      bytesDownloaded += bytes;
    },
    countLostAnswer: () => {
      answersLost += 1;
    },
    countDelivery: (hasArrived: boolean) => {
      events[hasArrived ? 'delivered' : 'failed'] += 1;
    },
    addUpload: ({ id, displayName, mimeType, bytes, sha256 }: FileRecord) =>
      uploads.push({ name: `files/${id}`, displayName, mimeType, bytes, sha256 }),
    addRefusal: (route: string, { status, message }: Refusal) => addRefused(route, status, message),
    /** Records an error of the emulator itself, answered with 500. */
    addFailure: (route: string, error: unknown) => addRefused(route, 'INTERNAL', String(error)),

    async read(): Promise<Ledger> {
      const sorted = (await jobs.all()).sort((one, other) => one.createTime - other.createTime);
      const entries = sorted.map((job) => jobEntry(job, now(), gets.get(job.id) ?? 0));
      return {
        requests: Object.fromEntries(requests),
        jobs: entries,
        uploads: [...uploads],
        imagesBilled: entries.reduce((total, entry) => total + entry.imagesBilled, 0),
        bytesDownloaded,
        refusedRequests: [...refusedRequests],
        faults: faults.fired(),
        answersLost,
        events: { ...events },
      };
    },
  };
}

function jobEntry(job: JobRecord, now: number, gets: number): JobEntry {
  const standing = computeStanding(job, now);
  const worked = job.rows.slice(0, standing.worked);
  return {
    name: `batches/${job.id}`,
    displayName: job.displayName,
    model: job.model,
    createTime: new Date(job.createTime).toISOString(),
    state: standing.state,
    cancelled: job.cancelled === true,
    deleted: isDeleted(job, now),
    rows: job.rows.length,
    imagesBilled: worked.reduce((total, row) => total + countBilled(row, job), 0),
    gets,
  };
}

/** Counts the images billed for a row. An inline batch has no result lines, so no extra lines either. */
function countBilled({ effect, shape }: Row, { inputFile }: JobRecord): number {
  return imagesBilled(effect, inputFile === undefined ? {} : shape);
}
