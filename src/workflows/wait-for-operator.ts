import { condition } from '@temporalio/workflow';

/** The longest timer; after it the wait starts again. */
const YEAR_MS = 365 * 24 * 3_600_000;

/** Waits for an operator, without a time limit. A timer, not only a condition, so that the timeline in the UI shows the reason. */
export async function waitForOperator(isRequested: () => boolean, summary: string): Promise<void> {
  while (!(await condition(isRequested, YEAR_MS, { summary })));
}
