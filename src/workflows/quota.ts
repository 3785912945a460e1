import { sleep } from '@temporalio/workflow';
import { quotaWaitMs } from '../batch/intervals.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { stopOnce } from './retry-until-resolved.ts';

/** After this long at Google's limit the batch stops for an operator. */
const MAX_QUOTA_WAIT_MS = 72 * 3_600_000;

/** Google's quota during one round. A full quota is normal for a large run, so the batch waits and shows it. */
export class QuotaLimit {
  readonly #batch: Batch;
  readonly #round: number;
  #since: number | undefined;
  #tries = 0;

  constructor(batch: Batch, round: number) {
    this.#batch = batch;
    this.#round = round;
  }

  /**
   * Waits before another try: 1 min, doubling to 30 min. After 72 h the batch stops instead.
   *
   * @param hintMs the wait that Google names, if it names one
   */
  async wait(message: string, hintMs?: number): Promise<void> {
    const now = Date.now();
    this.#since ??= now;
    this.#tries++;
    if (now - this.#since > MAX_QUOTA_WAIT_MS)
      return stopOnce(
        this.#batch,
        'submit',
        failure('rate-limited', `Google has been at its limit for 72 hours: ${message}`),
      );
    const ms = quotaWaitMs(this.#tries, hintMs);
    const since = new Date(this.#since).toISOString();
    this.#batch.update({ quota: { since, nextTry: new Date(now + ms).toISOString() } });
    await sleep(ms, {
      summary: `round ${this.#round}: waiting at Google’s limit, then try ${this.#tries + 1}`,
    });
  }
}
