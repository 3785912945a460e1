import type { ItemInput } from '../schema.ts';
import type { Path } from '../tree.ts';
import { findPlace, listItems, type RuleContext } from './rule.ts';

/** Google refuses a request that sets one category twice. */
export function checkSafety(context: RuleContext): void {
  check(context, ['defaults'], context.draft.defaults?.safetySettings, {});
  for (const { item, path, itemKey } of listItems(context))
    check(context, path, item.safetySettings, itemKey);
}

function check(
  context: RuleContext,
  path: Path,
  settings: ItemInput['safetySettings'] = [],
  itemKey: { key?: string },
): void {
  const seen = new Set<string>();
  for (const [n, setting] of settings.entries()) {
    // The schema removes invalid entries.
    const category = setting?.category;
    if (category === undefined) continue;
    const isFirst = !seen.has(category);
    seen.add(category);
    if (isFirst) continue;
    context.problems.add(findPlace(context, [...path, 'safetySettings', n]), {
      code: 'wrong-value',
      message: `${category} is given twice.`,
      fix: 'Keep one threshold for each category.',
      ...itemKey,
    });
  }
}
