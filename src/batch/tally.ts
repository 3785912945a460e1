import { type BatchProgress, type EndState, isEnd, OUTCOMES, type OutputCounts } from '../contract/index.ts';
import { type Count, modelLabel } from './metrics.ts';

/** Counts what a batch does, told by each change of its progress. */
export class Tally {
  #count: Count;
  readonly #isRetry: boolean;
  /** What had become of the outputs when a retry of an ended batch began: counted at that end. */
  #before: OutputCounts | undefined;

  constructor(count: Count, isRetry: boolean) {
    this.#count = count;
    this.#isRetry = isRetry;
  }

  /** Counts nothing from here on. */
  rest(): void {
    this.#count = () => undefined;
  }

  see(before: BatchProgress, after: BatchProgress): void {
    // An earlier run has counted what `prepare` finds.
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
    const label = modelLabel(model);
    this.#count('ended', 1, { state, model: label });
    for (const outcome of OUTCOMES) {
      const more = outputs[outcome] - (this.#before?.[outcome] ?? 0);
      if (more > 0) this.#count('outputs', more, { outcome, model: label });
    }
  }

  /** Of whole sums, so that what is cut off adds up to nothing. */
  #countSpent(before: BatchProgress, after: BatchProgress): void {
    const more = microUsd(after.costUsd.actual) - microUsd(before.costUsd.actual);
    if (more > 0) this.#count('spent', more, { model: modelLabel(after.model) });
  }
}

function microUsd(usd: number): number {
  return Math.round(usd * 1e6);
}
