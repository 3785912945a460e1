import type { Answer } from '../../contract/record.ts';
import { BLANK, type Taken } from './line.ts';
import type { JobLog } from './log.ts';

// A group is synced and promised as one. 8 MB bound the memory; 32 answers bound what a crash repeats.
const GROUP_BYTES = 8 << 20;
const GROUP_ANSWERS = 32;
/** Oddities of a job that are kept in words. The rest is counted, so that a gigabyte of rubbish fills neither memory nor disk. */
const MAX_ANOMALIES = 200;

/** Lines that are taken but not yet promised. */
export class Group {
  answers: Answer[] = [];
  images: Taken['images'] = [];
  anomalies: string[] = [];
  /** Anomalies that are only counted. */
  unlisted = 0;
  strayUsd = 0;
  /** In the result file, of the last line taken. */
  end: number;
  /** From the beginning of the file. */
  lines: number;
  /** Of the images. */
  imageBytes = 0;
  /** How many more anomalies of this job are kept in words. */
  #room: number;

  constructor({ end, lines, anomalies }: JobLog) {
    this.end = end;
    this.lines = lines;
    this.#room = MAX_ANOMALIES - anomalies.length;
  }

  get isFull(): boolean {
    return this.imageBytes >= GROUP_BYTES || this.answers.length >= GROUP_ANSWERS;
  }

  add(taken: Taken, end: number): void {
    this.answers.push(...taken.answers);
    this.images.push(...taken.images);
    this.imageBytes += taken.images.reduce((sum, { data }) => sum + data.byteLength, 0);
    for (const anomaly of taken.anomalies) this.#note(anomaly);
    this.strayUsd += taken.strayUsd;
    if (taken !== BLANK) this.lines += 1;
    this.end = end;
  }

  clear(): void {
    this.answers = [];
    this.images = [];
    this.anomalies = [];
    this.unlisted = 0;
    this.strayUsd = 0;
    this.imageBytes = 0;
  }

  #note(anomaly: string): void {
    if (this.#room === 0) this.unlisted += 1;
    else this.anomalies.push(anomaly);
    this.#room = Math.max(0, this.#room - 1);
  }
}
