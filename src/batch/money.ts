import type { Cost } from '../contract/progress.ts';

/**
 * Rounds an amount for records and reports: six decimals, a ten-thousandth of a cent. Amounts keep full precision until
 * they are written, and are rounded once.
 */
export function roundUsd(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

/** Sums amounts and rounds the sum. For records it is the sum that a reader of `results.jsonl` gets. */
export function sumUsd(amounts: readonly number[]): number {
  return roundUsd(amounts.reduce((sum, amount) => sum + amount, 0));
}

/** Formats an amount for people: with cents, and with two more digits below ten cents. */
export function formatUsd(amount: number): string {
  return `${amount.toFixed(Math.abs(amount) < 0.1 && amount !== 0 ? 4 : 2)} USD`;
}

/** What a batch costs, for people: so far, what is reserved beside that, estimated, and its budget. */
export function formatCost({ actual, reserved = 0, estimated }: Cost, maxCostUsd?: number): string {
  return [
    `${formatUsd(actual)} so far`,
    ...(reserved > 0 ? [`up to ${formatUsd(reserved)} more reserved`] : []),
    `${formatUsd(estimated)} estimated`,
    ...(maxCostUsd === undefined ? [] : [`at most ${formatUsd(maxCostUsd)}`]),
  ].join(', ');
}
