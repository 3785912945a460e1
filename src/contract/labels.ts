import { text } from './rules.ts';

const LABEL_PATTERN = /^[\p{L}\p{N}][\p{L}\p{N}._:=/@-]{0,62}$/u;

/** The most labels that a batch may have. */
export const MAX_LABELS = 20;

/** What batches are found by: `autumn`, `team:web`. */
export const LABEL = text((label) => LABEL_PATTERN.test(label), {
  must: '1 to 63 letters or digits of any script, `.`, `_`, `:`, `=`, `/`, `@` or `-`, and begin with a letter or digit',
  example: 'team:web',
  description:
    '1 to 63 letters or digits of any script, `.`, `_`, `:`, `=`, `/`, `@` or `-`; the first is a letter or digit.',
  // Python’s regular expressions know no classes of Unicode, so this takes some more.
  json: { pattern: '^([A-Za-z0-9]|[^\\x00-\\x7f])([A-Za-z0-9._:=/@-]|[^\\x00-\\x7f]){0,62}$' },
});

export function isLabel(label: string): boolean {
  return LABEL.accepts(label);
}
