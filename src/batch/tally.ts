import { type BatchProgress, type EndState, isEnd, OUTCOMES, type OutputCounts } from '../contract/index.ts';
import { type Count, toModelLabel } from './metrics.ts';

/** Updates the metrics of a batch at each change of its progress. */
export class Tally {
  #count: Count;
  readonly #isRetry: boolean;
  /** The outcomes at the start of a retry of an ended batch: they were counted when it ended. */
  #before: OutputCounts | undefined;

  /** @param before the outcomes that were counted before, where an earlier run of the workflow knows them */
  constructor(count: Count, isRetry: boolean, before?: OutputCounts) {
    this.#count = count;
    this.#isRetry = isRetry;
    this.#before = before;
  }

  /** The outcomes that were counted before this retry of an ended batch. */
  get before(): OutputCounts | undefined {
    return this.#before;
  }

  /** Stops counting. */
  stop(): void {
    this.#count = () => undefined;
  }

  update(before: BatchProgress, after: BatchProgress): void {
    // An earlier run has counted the answers that `prepare` finds.
    if (before.state === 'PREPARING' && after.state === 'PREPARING') this.#before ??= this.#found(after);
    else this.#countSpent(before, after);
    if (after.check && after.check !== before.check)
      this.#count('checks', 1, { job_state: after.check.jobState });
    if (after.quota && after.quota !== before.quota) this.#count('quotaWaits', 1, {});
    if (after.state === 'COLLECTING' && after.outputs !== before.outputs) this.#count('rounds', 1, {});
    if (isEnd(after.state) && after.state !== before.state) this.#countEnd(after.state, after);
    else if (after.stop && after.stop !== before.stop)
      this.#count('stops', 1, { step: after.stop.step, code: after.stop.code });
  }

  #found({ outputs }: BatchProgress): OutputCounts | undefined {
    return this.#isRetry && outputs.total > 0 ? outputs : undefined;
  }

  #countEnd(state: EndState, { outputs, model }: BatchProgress): void {
    const label = toModelLabel(model);
    this.#count('ended', 1, { state, model: label });
    for (const outcome of OUTCOMES) {
      const more = outputs[outcome] - (this.#before?.[outcome] ?? 0);
      if (more > 0) this.#count('outputs', more, { outcome, model: label });
    }
  }

  /** The difference of rounded sums, so that rounding errors do not add up. */
  #countSpent(before: BatchProgress, after: BatchProgress): void {
    const more = toMicroUsd(after.costUsd.actual) - toMicroUsd(before.costUsd.actual);
    if (more > 0) this.#count('spent', more, { model: toModelLabel(after.model) });
  }
}

function toMicroUsd(usd: number): number {
  return Math.round(usd * 1e6);
}
