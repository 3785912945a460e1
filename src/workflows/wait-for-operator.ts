import { condition } from '@temporalio/workflow';

/** Longer than anybody waits; then it is waited for again. */
const YEAR_MS = 365 * 24 * 3_600_000;

/** Waits for a person, however long. A timer, and not only a condition, so that Temporal's timeline shows what is waited for. */
export async function waitForOperator(asked: () => boolean, summary: string): Promise<void> {
  while (!(await condition(asked, YEAR_MS, { summary })));
}
