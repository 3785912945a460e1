import { type BatchProgress, isEnd } from '../../contract/index.ts';
import { formatCommand, type PlaceFlags } from '../commands.ts';
import { renderTable } from './table.ts';

/** What a bulk retry will do, before it is confirmed: the batches, what is paid again, and those that are left out. */
export function describeRetry(
  chosen: readonly BatchProgress[],
  unknown: readonly BatchProgress[],
  flags: PlaceFlags,
): string[] {
  const ended = chosen.filter(({ state }) => isEnd(state));
  const paidAgain = chosen.filter(paysAgain).map(({ batchId }) => batchId);
  return [
    chosen.length > 0 ? renderTable(chosen) : 'No batch matches.',
    ...(ended.length > 0
      ? [
          `${ended.length} of them have ended: a retry is a new run, which is paid for. Outputs that failed or are missing: ${sum(ended, countLost)}.`,
        ]
      : []),
    ...(paidAgain.length > 0
      ? [
          `The jobs of ${paidAgain.join(', ')} are gone at Google: a retry submits them again, and pays for them again.`,
        ]
      : []),
    ...unknown.map(
      ({ batchId }) =>
        `Left out: ${batchId}, because it is unknown whether its job was made. Check Google’s list of batches, then ${formatCommand('adopt', batchId, flags)} --job batches/… or --none`,
    ),
  ];
}

function paysAgain({ stop }: BatchProgress): boolean {
  return stop?.actions.some((one) => one.action === 'retry' && one.paysAgain) ?? false;
}

function countLost({ outputs }: BatchProgress): number {
  return outputs.failed + outputs.missing;
}

function sum(batches: readonly BatchProgress[], of: (batch: BatchProgress) => number): number {
  return batches.reduce((total, batch) => total + of(batch), 0);
}
