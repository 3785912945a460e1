import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecords } from '../files/records.ts';
import type { RpcError } from '../http/envelope.ts';
import type { Pixels } from '../models.ts';
import type { Effect, LineShape, ResultShape } from '../rows/effects.ts';

/** `painted`: each shows its key, prompt and references. `plain`: one flat image for each format and pixels. */
export type ImageStyle = 'painted' | 'plain';

/** A batch job as it is kept: what it was given, and nothing that its clock and its input already say. */
export interface JobRecord {
  /** 36 lower-case letters and digits. */
  id: string;
  model: string;
  displayName?: string;
  /** `files/…`; none for an inline batch. */
  inputFile?: string;
  priority?: string;
  /** ms since 1970, as all times here. */
  createTime: number;
  /** From its creation to its end, ms. */
  durationMs: number;
  images: ImageStyle;
  /** Plain images are padded to this many bytes. */
  imageBytes?: number;
  rows: Row[];
  /** Its input cannot be read: it fails when it should begin. */
  failure?: RpcError;
  /** May lie ahead, as {@link deleteTime}. */
  cancelTime?: number;
  /** It was the client who cancelled it. */
  cancelled?: true;
  deleteTime?: number;
  /** LIST does not show it before. */
  listedFrom?: number;
  /** In place of going well. */
  forcedState?: ForcedState;
  /** How its result is written. */
  shape?: ResultShape;
}

/** A job that makes nothing: it stays in one state, or ends badly at the time at which it would end well. */
export type ForcedState = { state: 'PENDING' | 'RUNNING' } | { state: 'FAILED' | 'EXPIRED'; error: RpcError };

/** One row of a job: where its request lies, and what will become of it. */
export interface Row {
  key?: string;
  /** Only in inline batches. */
  metadata?: unknown;
  /** Where its line is in the input, bytes. */
  offset: number;
  length: number;
  /** What it gets in place of the image. */
  effect?: Effect;
  /** How its line is written. */
  shape?: LineShape;
  /** Hash of key and prompt of a row that fails only in the first job that holds it. */
  once?: string;
  /** Unset where the request cannot be read. */
  picture?: Picture;
}

export interface Picture extends Pixels {
  /** Tokens of the finished image. */
  tokens: number;
  promptTokens: { text: number; images: number };
  withText: boolean;
  withThoughts: boolean;
}

export type Jobs = Awaited<ReturnType<typeof openJobs>>;

/** The jobs there were, deleted ones too: each a record, and a folder with the input that it keeps for itself. */
export async function openJobs(directory: string, now: () => number) {
  const records = await openRecords<JobRecord>(join(directory, 'records'));
  const folderPath = (id: string) => join(directory, id);

  return {
    inputPath: (id: string) => join(folderPath(id), 'input.jsonl'),
    referencePath: (id: string, fileId: string) => join(folderPath(id), fileId),
    makeFolder: (id: string) => mkdir(folderPath(id), { recursive: true }),
    all: () => records.all(),
    ids: () => records.ids(),
    /** A deleted one too. */
    read: (id: string) => records.get(id),
    save: (job: JobRecord) => records.put(job.id, job),

    async find(id: string): Promise<JobRecord | undefined> {
      const job = await records.get(id);
      return job && !isDeleted(job, now()) ? job : undefined;
    },

    /** The record stays: that the job was made is part of the ledger. */
    async remove(job: JobRecord, deleteTime: number): Promise<void> {
      await records.put(job.id, { ...job, deleteTime });
      await rm(folderPath(job.id), { recursive: true, force: true });
    },
  };
}

export function isDeleted({ deleteTime }: JobRecord, now: number): boolean {
  return deleteTime !== undefined && deleteTime <= now;
}

/** Whether LIST shows it. */
export function isListed(job: JobRecord, now: number): boolean {
  return !isDeleted(job, now) && (job.listedFrom ?? 0) <= now;
}
