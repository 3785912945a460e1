import type { ApplicationFailure } from '@temporalio/workflow';
import type { RoundPlan } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { chooseActions } from './retry-until-resolved.ts';
import { stopForAdoption } from './unanswered.ts';

/** Stops before a round whose worst case would exceed the budget. */
export async function requireBudget(batch: Batch, plan: RoundPlan): Promise<void> {
  for (;;) {
    const exceeded = findExceeded(batch, plan);
    if (!exceeded) return;
    await stopForAdoption(batch, plan.round, exceeded);
  }
}

/**
 * Why another submission of a round could bring the batch above its budget. Undefined: it cannot. What counts is the usage so far,
 * the worst case of every submission whose cost is not known, and that of the new one.
 */
export function findExceeded(batch: Batch, plan: RoundPlan): ApplicationFailure | undefined {
  const { maxCostUsd } = batch.options;
  const { round, outputs, worstUsd } = plan;
  if (maxCostUsd === undefined) return undefined;
  const actions = chooseActions(batch, 'submit', 'over-budget');
  if (worstUsd === undefined)
    return failure(
      'over-budget',
      `The price of ${batch.progress.model} is unknown, so the budget of ${maxCostUsd} USD cannot be guaranteed.`,
      {
        fix: 'Start another batch without a budget, or with a model whose price is known.',
        // No amount would be enough.
        actions: actions.filter(({ action }) => action !== 'set-budget'),
      },
    );
  const { actual, reserved = 0 } = batch.progress.costUsd;
  const highestUsd = actual + reserved + worstUsd;
  // Sums of amounts in binary fractions: less than a ten-thousandth of a cent is no difference.
  if (highestUsd <= maxCostUsd + 1e-7) return undefined;
  const unknown =
    reserved > 0 ? `, ${reserved.toFixed(2)} USD of it for submissions whose cost is not known` : '';
  return failure(
    'over-budget',
    `Round ${round} (${outputs} outputs) could bring the cost to ${highestUsd.toFixed(2)} USD${unknown}, and the budget is ${maxCostUsd} USD.`,
    {
      ...(batch.unanswered > 0 && { fix: SETTLE_FIRST }),
      actions: actions.map((one) =>
        one.action === 'set-budget' ? { ...one, maxCostUsd: ceilCents(highestUsd) } : one,
      ),
    },
  );
}

const SETTLE_FIRST =
  'Search the list of batches at Google for the jobs whose answers were lost. If one is there, adopt it; if none is, release what is reserved for them. Or raise the budget.';

/** The least budget in whole cents that lets the round start. */
function ceilCents(usd: number): number {
  return Math.ceil(usd * 100) / 100;
}
