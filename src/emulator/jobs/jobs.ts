import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecords } from '../files/records.ts';
import type { RpcError } from '../http/envelope.ts';
import type { Pixels } from '../models.ts';
import type { Effect, LineShape, ResultShape } from '../rows/effects.ts';

/** `painted`: each image shows its key, prompt and references. `plain`: one flat image for each format and size. */
export type ImageStyle = 'painted' | 'plain';

/** The stored record of a job: only what does not follow from its input and the clock. */
export interface JobRecord {
  /** 36 lower-case letters and digits. */
  id: string;
  model: string;
  displayName?: string;
  /** `files/…`; unset for an inline batch. */
  inputFile?: string;
  priority?: string;
  /** ms since 1970, like all times here. */
  createTime: number;
  /** From creation to end, ms. */
  durationMs: number;
  images: ImageStyle;
  /** Plain images are padded to this many bytes. */
  imageBytes?: number;
  rows: Row[];
  /** Why its input cannot be read: the job fails when it would start. */
  failure?: RpcError;
  /** May be in the future, like {@link deleteTime}. */
  cancelTime?: number;
  /** Set where a client cancelled it, not a fault. */
  cancelled?: true;
  deleteTime?: number;
  /** LIST does not show the job before this time. */
  listedFrom?: number;
  /** How long it runs on after it was cancelled, ms. */
  deafMs?: number;
  /** The state or end that a fault forces on the job. */
  forcedState?: ForcedState;
  /** How its result file is written. */
  shape?: ResultShape;
}

/** A state that a fault forces: the job stays in it for ever, or ends in it instead of SUCCEEDED. */
export type ForcedState = { state: 'PENDING' | 'RUNNING' } | { state: 'FAILED' | 'EXPIRED'; error: RpcError };

/** One row of a job: where its request is, and what its outcome is. */
export interface Row {
  key?: string;
  /** Only in inline batches. */
  metadata?: unknown;
  /** Offset of its line in the input, bytes. */
  offset: number;
  length: number;
  /** What the row gets instead of the image. */
  effect?: Effect;
  /** How its result line is written. */
  shape?: LineShape;
  /** Hash of key and prompt, for a row that fails only in the first job that has it. */
  once?: string;
  /** Unset where the request is not valid. */
  picture?: Picture;
}

export interface Picture extends Pixels {
  /** Tokens of the final image. */
  tokens: number;
  promptTokens: { text: number; images: number };
  withText: boolean;
  withThoughts: boolean;
}

export type Jobs = Awaited<ReturnType<typeof openJobs>>;

/** All jobs, including deleted ones: for each a record, and a folder with copies of its input files. */
export async function openJobs(directory: string, now: () => number) {
  const records = await openRecords<JobRecord>(join(directory, 'records'));
  const folderPath = (id: string) => join(directory, id);

  return {
    inputPath: (id: string) => join(folderPath(id), 'input.jsonl'),
    referencePath: (id: string, fileId: string) => join(folderPath(id), fileId),
    makeFolder: (id: string) => mkdir(folderPath(id), { recursive: true }),
    all: () => records.all(),
    ids: () => records.ids(),
    /** Reads a job, even a deleted one. */
    read: (id: string) => records.get(id),
    save: (job: JobRecord) => records.put(job.id, job),

    async find(id: string): Promise<JobRecord | undefined> {
      const job = await records.get(id);
      return job && !isDeleted(job, now()) ? job : undefined;
    },

    /** Deletes the job's files. The record stays, because the ledger lists every job. */
    async remove(job: JobRecord, deleteTime: number): Promise<void> {
      await records.put(job.id, { ...job, deleteTime });
      await rm(folderPath(job.id), { recursive: true, force: true });
    },
  };
}

export function isDeleted({ deleteTime }: JobRecord, now: number): boolean {
  return deleteTime !== undefined && deleteTime <= now;
}

/** Whether LIST shows the job. */
export function isListed(job: JobRecord, now: number): boolean {
  return !isDeleted(job, now) && (job.listedFrom ?? 0) <= now;
}
