import { upsertMemo } from '@temporalio/workflow';
import type { FoundJob, RoundPlan } from '../activities/types.ts';
import { KNOWN_MEMO, type KnownBatch, type KnownPermit } from '../contract/known.ts';
import type { Carried } from './carried.ts';

/**
 * The submissions of the batch. Each is in the workflow's memo before it is made, so that a store that was emptied, or restored from a
 * backup, is not taken for a batch that has yet to begin.
 */
export class KnownSubmissions {
  /** An operator lets the batch continue with a store that has lost some of this. */
  mayRestore: boolean;
  #known: KnownBatch | undefined;

  constructor({ known, mayRestore = false }: Carried) {
    this.#known = known;
    this.mayRestore = mayRestore;
  }

  /** Undefined before the first `prepare` is done. */
  get batch(): KnownBatch | undefined {
    return this.#known;
  }

  /** Without the rounds that a batch with a restored store has yet to reach. */
  upTo(round: number): KnownBatch | undefined {
    const known = this.#known;
    return known && { ...known, permits: known.permits.filter((permit) => permit.round <= round) };
  }

  /** What a search for the jobs of a round restores in the store. */
  get restores(): { restores?: KnownBatch } {
    return this.mayRestore && this.#known ? { restores: this.#known } : {};
  }

  /** Whether a job of this round may exist, also where only Temporal knows that. A search then restores its permit. */
  mayHaveJob({ round, submitted }: RoundPlan): boolean {
    return submitted === true || (this.#known?.permits.some((permit) => permit.round === round) ?? false);
  }

  /** Takes over what a `prepare` found. An earlier run of the workflow, under its own memo, may have submitted. */
  take(known: KnownBatch): void {
    this.#known = known;
    if (known.permits.length > 0) this.#publish();
  }

  /** Notes a submission that is about to be made, or was made. */
  note(permit: KnownPermit): void {
    this.#setPermits((permits) => [...permits.filter((known) => !isSame(known, permit)), permit]);
    this.#publish();
  }

  /** Nothing was made of it, and nothing is billed. The next submission tells that to Temporal. */
  drop(permit: PermitNumbers): void {
    this.#setPermits((permits) => permits.filter((known) => !isSame(known, permit)));
  }

  noteFound(round: number, { submission, job }: FoundJob): void {
    const known = this.#known?.permits.find((permit) => isSame(permit, { round, submission }));
    if (known?.job !== job) this.note({ ...known, round, submission, job });
  }

  /** Forgets the submissions of rounds that the batch did not reach again. @returns their jobs, where they are known */
  forgetAfter(round: number): string[] {
    const later = this.#known?.permits.filter((permit) => permit.round > round) ?? [];
    if (later.length === 0) return [];
    this.#setPermits((permits) => permits.filter((permit) => permit.round <= round));
    this.#publish();
    return later.flatMap(({ job }) => job ?? []);
  }

  carry(): Pick<Carried, 'known' | 'mayRestore'> {
    return { ...(this.#known && { known: this.#known }), mayRestore: this.mayRestore };
  }

  #setPermits(change: (permits: readonly KnownPermit[]) => readonly KnownPermit[]): void {
    if (this.#known) this.#known = { ...this.#known, permits: change(this.#known.permits) };
  }

  #publish(): void {
    upsertMemo({ [KNOWN_MEMO]: this.#known });
  }
}

type PermitNumbers = Pick<KnownPermit, 'round' | 'submission'>;

function isSame(one: PermitNumbers, other: PermitNumbers): boolean {
  return one.round === other.round && one.submission === other.submission;
}
