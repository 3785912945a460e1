import { HummingbatchError, type Outcome, type OutputRecord, type RetrySelector } from '../contract/index.ts';

/**
 * The outcomes that a retry makes again where it names nothing. Refused outputs are left out: they would be refused
 * again.
 */
const DEFAULT_OUTCOMES: readonly Outcome[] = ['failed', 'missing'];

/** Whether a choice names anything. */
export function isSelector({ keys = [], outcomes = [], flags = [] }: RetrySelector): boolean {
  return keys.length + outcomes.length + flags.length > 0;
}

/** The outputs that a retry makes again. */
export interface SelectedOutputs {
  /** Output ids. */
  outputs: string[];
  /** Whether existing images are made again: true where the choice names them. */
  anew: boolean;
}

/**
 * Selects the outputs of a choice from a batch's records.
 *
 * @throws `wrong-state` where it matches no output, or names an unknown key; `usage` for an empty list
 */
export async function selectOutputs(
  records: AsyncIterable<OutputRecord>,
  choice: RetrySelector,
  batchId: string,
): Promise<SelectedOutputs> {
  rejectEmptyLists(choice);
  const unknown = new Set(choice.keys);
  const outputs: string[] = [];
  for await (const record of records) {
    for (const name of [record.key, record.output]) unknown.delete(name);
    if (isSelected(record, choice)) outputs.push(record.output);
  }
  if (unknown.size > 0) throw nothingToRetry(batchId, `it has no output ${[...unknown].join(', ')}`);
  if (outputs.length === 0) throw nothingToRetry(batchId, 'no output matches the choice');
  return { outputs, anew: includesImages(choice) };
}

/** An empty list would select everything, although its author meant nothing. */
function rejectEmptyLists(choice: RetrySelector): void {
  for (const [name, list] of Object.entries(choice))
    if (Array.isArray(list) && list.length === 0)
      throw new HummingbatchError('usage', `The list of ${name} is empty.`, {
        fix: 'Leave the list out, or put something into it.',
      });
}

function isSelected({ output, key, outcome, flags }: OutputRecord, choice: RetrySelector): boolean {
  const { keys = [], outcomes = [], flags: wanted = [] } = choice;
  if (!isSelector(choice)) return DEFAULT_OUTCOMES.includes(outcome);
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
    fix: 'Choose outputs that it has. Refused ones have to be named.',
    actions: [
      { action: 'results', batchId },
      { action: 'retry-outputs', batchId, outcomes: ['refused'] },
    ],
  });
}
