import { currentUpdateInfo, workflowInfo } from '@temporalio/workflow';
import type { Carried } from './carried.ts';

/**
 * A run continues as a new one after so many events. Temporal ends a run at 51,200, and suggests a new one at 4,096 events or 4 MiB
 * (server 1.32). The events of this workflow are small, and each run begins with a `prepare`.
 */
const CONTINUE_AFTER_EVENTS = 8_000;
/** Temporal ends a run at 50 MiB. */
const CONTINUE_AFTER_BYTES = 16 << 20;
/** Temporal takes 2,000 updates and 10,000 signals in a run. */
const CONTINUE_AFTER_UPDATES = 1_000;
const CONTINUE_AFTER_SIGNALS = 5_000;
/** Ids of updates that are remembered over runs: a caller sends an update again within minutes. */
const MAX_UPDATE_IDS = 500;

/** What a run of the workflow has in its history, as far as Temporal's limits of a run count it. */
export class History {
  readonly #continueAfterEvents: number | undefined;
  readonly #updates: string[];
  #updatesOfRun = 0;
  #signals = 0;

  constructor({ continueAfterEvents, updates = [] }: Carried) {
    this.#continueAfterEvents = continueAfterEvents;
    this.#updates = [...updates];
  }

  /** Whether the batch should continue as a new run at its next wait. */
  get isLong(): boolean {
    const { historyLength, historySize } = workflowInfo();
    return (
      historyLength >= (this.#continueAfterEvents ?? CONTINUE_AFTER_EVENTS) ||
      historySize >= CONTINUE_AFTER_BYTES ||
      this.#updatesOfRun >= CONTINUE_AFTER_UPDATES ||
      this.#signals >= CONTINUE_AFTER_SIGNALS
    );
  }

  /** Whether the update that is handled was carried out before: by this run, or by an earlier one, of which Temporal does not know. */
  get isRepeated(): boolean {
    const id = currentUpdateInfo()?.id;
    return id !== undefined && this.#updates.includes(id);
  }

  noteUpdate(): void {
    this.#updatesOfRun += 1;
    const id = currentUpdateInfo()?.id;
    if (id !== undefined) this.#updates.push(id);
  }

  noteSignal(): void {
    this.#signals += 1;
  }

  carry(): Pick<Carried, 'continueAfterEvents' | 'updates'> {
    return {
      ...(this.#continueAfterEvents !== undefined && { continueAfterEvents: this.#continueAfterEvents }),
      updates: this.#updates.slice(-MAX_UPDATE_IDS),
    };
  }
}
