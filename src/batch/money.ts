/**
 * An amount as it is written to records and reports: six decimals, a tenth of a thousandth of a cent. Inside, amounts keep
 * their full precision and are rounded once, when they are written.
 */
export function roundUsd(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

/** The sum of amounts as it is written: of records it is what the reader of `results.jsonl` gets when adding them up. */
export function sumUsd(amounts: readonly number[]): number {
  return roundUsd(amounts.reduce((sum, amount) => sum + amount, 0));
}

/** An amount for a person: cents, and for less than ten cents two digits more. */
export function formatUsd(amount: number): string {
  return `${amount.toFixed(Math.abs(amount) < 0.1 && amount !== 0 ? 4 : 2)} USD`;
}
