import Table from 'cli-table3';
import { formatUsd } from '../../batch/money.ts';
import type { BatchProgress } from '../../contract/index.ts';
import { formatState } from './summary.ts';

/** Batches for people, a row each. */
export function renderTable(batches: readonly BatchProgress[]): string {
  const table = new Table({
    head: ['batch', 'state', 'images', 'cost', 'started', 'labels'],
    style: { head: [], border: [] },
  });
  table.push(...batches.map(toRow));
  return table.toString();
}

function toRow({ batchId, state, stop, outputs, costUsd, startedAt, labels = [] }: BatchProgress): string[] {
  return [
    batchId,
    stop ? `${formatState(state)}: ${stop.code}` : formatState(state),
    `${outputs.image} of ${outputs.total}`,
    formatUsd(costUsd.actual),
    new Date(startedAt).toLocaleString(),
    labels.join(', '),
  ];
}
