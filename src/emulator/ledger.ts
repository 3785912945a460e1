import type { FaultBook } from './faults/book.ts';
import type { FaultName } from './faults/plan.ts';
import type { FileRecord } from './files/files.ts';
import type { Refusal } from './http/envelope.ts';
import { isDeleted, type JobRecord, type Jobs, type Row } from './jobs/jobs.ts';
import { computeStanding, type JobState } from './jobs/life.ts';
import { imagesBilled } from './rows/effects.ts';

/**
 * What the emulator was asked. `jobs` are all there ever were in its folder, deleted ones too; the rest counts from the
 * start of this emulator.
 */
export interface Ledger {
  /** Answered or refused, by route. */
  requests: Record<string, number>;
  jobs: JobEntry[];
  uploads: UploadEntry[];
  /** Over all jobs. */
  imagesBilled: number;
  /** Of results, handed to the connection. */
  bytesDownloaded: number;
  /** The last 1000 requests that were refused. */
  refusedRequests: RefusedRequest[];
  /** How often each fault has struck, over all plans. */
  faults: Partial<Record<FaultName, number>>;
  /** Requests that were done and whose answer was cut off by a fault before it began. */
  answersLost: number;
  /** Events sent to webhooks, each try by itself. */
  events: EventCounts;
}

export interface EventCounts {
  /** Answered with 2xx. */
  delivered: number;
  /** Answered otherwise, or not within 5 s. */
  failed: number;
}

export interface JobEntry {
  /** `batches/…` */
  name: string;
  displayName?: string;
  model: string;
  createTime: string;
  state: JobState;
  /** By a client, and not by a fault. */
  cancelled: boolean;
  deleted: boolean;
  rows: number;
  imagesBilled: number;
  /** How often its standing was asked for, answered or not. */
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
    /** A fault of the emulator's own, answered with 500. */
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

/** The answers of an inline batch are no lines, and so there are no further lines of a row. */
function countBilled({ effect, shape }: Row, { inputFile }: JobRecord): number {
  return imagesBilled(effect, inputFile === undefined ? {} : shape);
}
