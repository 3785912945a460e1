import { HummingbatchError, type Outcome, type OutputRecord, type RetryChoice } from '../contract/index.ts';

/** What a retry makes again where nothing is named: a refused prompt would be refused again. */
const WORTH_A_RETRY: readonly Outcome[] = ['failed', 'missing'];

/** Whether it names anything. */
export function isChoice({ keys = [], outcomes = [], flags = [] }: RetryChoice): boolean {
  return keys.length + outcomes.length + flags.length > 0;
}

/** Whether a retry makes this output again. */
export function isChosen({ output, key, outcome, flags }: OutputRecord, choice: RetryChoice): boolean {
  const { keys = [], outcomes = [], flags: wanted = [] } = choice;
  if (!isChoice(choice)) return WORTH_A_RETRY.includes(outcome);
  return (
    keys.includes(key) ||
    keys.includes(output) ||
    outcomes.includes(outcome) ||
    wanted.some((flag) => flags.includes(flag))
  );
}

/** Whether images that are there are made anew: who names them wants another. */
export function makesAnew({ keys = [], outcomes = [], flags = [] }: RetryChoice): boolean {
  return keys.length > 0 || flags.length > 0 || outcomes.includes('image');
}

/** A retry that no output is meant by. */
export function nothingToRetry(batchId: string, { keys = [] }: RetryChoice): HummingbatchError {
  const what = keys.length > 0 ? `it has no ${keys.join(', ')}` : 'no output of it is of that kind';
  return new HummingbatchError('wrong-state', `There is nothing to retry in the batch ${batchId}: ${what}.`, {
    fix: `\`hummingbatch results ${batchId}\` shows its outputs; \`--outcome refused\` names refused ones too.`,
  });
}
