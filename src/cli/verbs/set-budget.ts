import { formatUsd } from '../../batch/money.ts';
import { HummingbatchError } from '../../contract/index.ts';
import type { Verb } from '../call.ts';
import { sendUpdate } from '../steer.ts';

export const verb: Verb = async (call) => {
  const { maxCostUsd } = call.flags;
  if (maxCostUsd === undefined) {
    throw new HummingbatchError('usage', 'The new limit is missing.', { fix: 'Name it: --max-cost-usd 60' });
  }
  return sendUpdate(call, async (batch) => {
    await batch.setBudget(maxCostUsd);
    return `The batch ${batch.id} may cost ${formatUsd(maxCostUsd)}.`;
  });
};
