import { list, text } from './rules.ts';
import { utf8Length } from './text.ts';

const LABEL_PATTERN = /^[\p{L}\p{N}][\p{L}\p{N}._:=/@-]{0,62}$/u;

/** The prefix of the label that the API sets: a batch that was started with the token `shop` has `token:shop`. */
export const TOKEN_LABEL = 'token:';
/** The most labels that a batch may have. */
export const MAX_LABELS = 20;
/**
 * The most bytes of all labels of a batch in UTF-8. They are one search attribute, of at most 2048 bytes as JSON: Temporal
 * (server 1.32.0) terminates a workflow that sets a longer one.
 */
export const MAX_LABEL_BYTES = 1_800;

/** What batches are found by: `autumn`, `team:web`. */
export const LABEL = text((label) => LABEL_PATTERN.test(label), {
  must: '1 to 63 letters or digits of any script, `.`, `_`, `:`, `=`, `/`, `@` or `-`, and begin with a letter or digit',
  example: 'team:web',
  description:
    '1 to 63 letters or digits of any script, `.`, `_`, `:`, `=`, `/`, `@` or `-`; the first is a letter or digit.',
  // Python’s regular expressions know no classes of Unicode, so this takes some more.
  json: { pattern: '^([A-Za-z0-9]|[^\\x00-\\x7f])([A-Za-z0-9._:=/@-]|[^\\x00-\\x7f]){0,62}$' },
});

export const LABELS = list(LABEL, {
  max: MAX_LABELS,
  accepts: (labels) => countLabelBytes(labels) <= MAX_LABEL_BYTES,
  must: `a list of at most ${MAX_LABELS} labels, of at most ${MAX_LABEL_BYTES} bytes in all (UTF-8)`,
  example: ['autumn', 'team:web'],
});

export function countLabelBytes(labels: readonly string[]): number {
  return labels.reduce((sum, label) => sum + utf8Length(label), 0);
}

export function isLabel(label: string): boolean {
  return LABEL.accepts(label);
}
