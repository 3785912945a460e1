import { HummingbatchError, type Outcome, type OutputRecord, type RetrySelector } from '../contract/index.ts';

/** What a retry makes again where nothing is named: a refused prompt would be refused again. */
const WORTH_A_RETRY: readonly Outcome[] = ['failed', 'missing'];

/** Whether it names anything. */
export function isSelector({ keys = [], outcomes = [], flags = [] }: RetrySelector): boolean {
  return keys.length + outcomes.length + flags.length > 0;
}

/** What a retry makes again. */
export interface SelectedOutputs {
  /** Output ids. */
  outputs: string[];
  /** Whether images that are there are made anew: who names them wants another. */
  anew: boolean;
}

/**
 * The outputs that a choice means, of a batch's records.
 *
 * @throws `wrong-state` where it means none, or names a key that there is none of; `usage` for a list that names nothing
 */
export async function selectOutputs(
  records: AsyncIterable<OutputRecord>,
  choice: RetrySelector,
  batchId: string,
): Promise<SelectedOutputs> {
  requireNames(choice);
  const unknown = new Set(choice.keys);
  const outputs: string[] = [];
  for await (const record of records) {
    for (const name of [record.key, record.output]) unknown.delete(name);
    if (isSelected(record, choice)) outputs.push(record.output);
  }
  if (unknown.size > 0) throw nothingToRetry(batchId, `it has no ${[...unknown].join(', ')}`);
  if (outputs.length === 0) throw nothingToRetry(batchId, 'no output of it is of that kind');
  return { outputs, anew: includesImages(choice) };
}

/** An empty list would mean everything, and whoever made it meant nothing. */
function requireNames(choice: RetrySelector): void {
  for (const [name, list] of Object.entries(choice))
    if (Array.isArray(list) && list.length === 0)
      throw new HummingbatchError('usage', `The list of ${name} is empty.`, {
        fix: 'Leave it out, or name some.',
      });
}

function isSelected({ output, key, outcome, flags }: OutputRecord, choice: RetrySelector): boolean {
  const { keys = [], outcomes = [], flags: wanted = [] } = choice;
  if (!isSelector(choice)) return WORTH_A_RETRY.includes(outcome);
  return (
    keys.includes(key) ||
    keys.includes(output) ||
    outcomes.includes(outcome) ||
    wanted.some((flag) => flags.includes(flag))
  );
}

function includesImages({ keys = [], outcomes = [], flags = [] }: RetrySelector): boolean {
  return keys.length > 0 || flags.length > 0 || outcomes.includes('image');
}

function nothingToRetry(batchId: string, why: string): HummingbatchError {
  return new HummingbatchError('wrong-state', `There is nothing to retry in the batch ${batchId}: ${why}.`, {
    fix: `\`hummingbatch results ${batchId}\` shows its outputs; \`--outcome refused\` names refused ones too.`,
  });
}
