/** What batches are found by: `autumn`, `team:web`. */
export const LABEL_PATTERN = /^[\p{L}\p{N}][\p{L}\p{N}._:=/@-]{0,62}$/u;

/** The most labels that a batch may have. */
export const MAX_LABELS = 20;

/** Whether a text can be a label: 1 to 63 letters or digits of any script, `.`, `_`, `:`, `=`, `/`, `@`, `-` (not first). */
export function isLabel(text: string): boolean {
  return LABEL_PATTERN.test(text);
}
