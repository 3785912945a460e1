import type { Answer } from '../../contract/record.ts';
import { EMPTY, type LineResult } from './line.ts';
import type { JobLog } from './log.ts';

// A group is synced and checkpointed together. 8 MB limit the memory; 32 answers limit the work that a crash repeats.
const GROUP_BYTES = 8 << 20;
const GROUP_ANSWERS = 32;
/**
 * The anomalies of a job that are kept as text. Further ones are only counted, so that a gigabyte of bad lines fills
 * neither memory nor disk.
 */
const MAX_ANOMALIES = 200;

/** Lines that were read and are not in a checkpoint yet. */
export class Group {
  answers: Answer[] = [];
  images: LineResult['images'] = [];
  anomalies: string[] = [];
  /** Further anomalies, which are only counted. */
  unlisted = 0;
  strayUsd = 0;
  strays = 0;
  unmetered: string[] = [];
  /** The offset in the result file behind the last line. */
  end: number;
  /** Lines since the beginning of the file. */
  lines: number;
  /** The size of all images in the group. */
  imageBytes = 0;
  /** How many more anomalies of this job are kept as text. */
  #roomForAnomalies: number;

  constructor({ end, lines, anomalies }: JobLog) {
    this.end = end;
    this.lines = lines;
    this.#roomForAnomalies = MAX_ANOMALIES - anomalies.length;
  }

  get isFull(): boolean {
    return this.imageBytes >= GROUP_BYTES || this.answers.length >= GROUP_ANSWERS;
  }

  add(result: LineResult, end: number): void {
    this.answers.push(...result.answers);
    this.images.push(...result.images);
    this.imageBytes += result.images.reduce((sum, { data }) => sum + data.byteLength, 0);
    // Lines of no output are kept as long as they are named, so that rubbish does not fill the disk.
    if (result.raw && (result.answers.length > 0 || this.#roomForAnomalies > 0)) this.#keep(result.raw);
    for (const anomaly of result.anomalies) this.#note(anomaly);
    this.strayUsd += result.strayUsd;
    if (result.strayUsd > 0) this.strays += 1;
    if (result.unmetered !== undefined) this.unmetered.push(result.unmetered);
    if (result !== EMPTY) this.lines += 1;
    this.end = end;
  }

  clear(): void {
    this.answers = [];
    this.images = [];
    this.anomalies = [];
    this.unlisted = 0;
    this.strayUsd = 0;
    this.strays = 0;
    this.unmetered = [];
    this.imageBytes = 0;
  }

  #keep(raw: NonNullable<LineResult['raw']>): void {
    this.images.push(raw);
    this.imageBytes += raw.data.byteLength;
  }

  #note(anomaly: string): void {
    if (this.#roomForAnomalies === 0) this.unlisted += 1;
    else this.anomalies.push(anomaly);
    this.#roomForAnomalies = Math.max(0, this.#roomForAnomalies - 1);
  }
}
