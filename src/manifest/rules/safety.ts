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
  // The schema removes invalid entries.
  const categories = settings.map((setting) => setting?.category);
  for (const [n, category] of categories.entries()) {
    if (category === undefined || categories.indexOf(category) === n) continue;
    context.problems.add(findPlace(context, [...path, 'safetySettings', n]), {
      code: 'wrong-value',
      message: `${category} is given twice.`,
      fix: 'Keep one threshold for each category.',
      ...itemKey,
    });
  }
}
