import { MAX_OUTPUTS } from '../../contract/words.ts';
import { MAX_SEED } from '../limits.ts';
import { findField } from '../tree.ts';
import { findPlace, listItems, type RuleContext } from './rule.ts';

/** At most {@link MAX_OUTPUTS} outputs over all items. */
export function checkOutputs(context: RuleContext): void {
  const { items = [], defaults } = context.draft;
  const outputs = items.reduce((sum, item) => sum + (item?.count ?? defaults?.count ?? 1), 0);
  if (outputs <= MAX_OUTPUTS) return;
  context.problems.add(findField(context.tree, [], 'items'), {
    code: 'too-many-outputs',
    message: `The items come to ${outputs.toLocaleString('en')} outputs or more.`,
    fix: `At most ${MAX_OUTPUTS} in a batch: split the manifest, or lower "count".`,
  });
}

/** The last output of an item still has a seed that Google can take. */
export function checkSeeds(context: RuleContext): void {
  const { defaults } = context.draft;
  for (const { item, path, itemKey } of listItems(context)) {
    const seed = item.seed ?? defaults?.seed;
    const last = (seed ?? 0) + (item.count ?? defaults?.count ?? 1) - 1;
    if (seed === undefined || last <= MAX_SEED) continue;
    const place = findPlace(context, item.seed === undefined ? ['defaults', 'seed'] : [...path, 'seed']);
    context.problems.add(place, {
      code: 'wrong-value',
      message: `The last output of this item would have the seed ${last}.`,
      fix: `Seeds end at ${MAX_SEED}: start lower.`,
      ...itemKey,
    });
  }
}
