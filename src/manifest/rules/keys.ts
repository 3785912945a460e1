import { findKeyMistake, foldKey } from '../key.ts';
import type { Place } from '../tree.ts';
import { findPlace, listItems, type RuleContext } from './rule.ts';

interface Earlier {
  key: string;
  place: Place;
  number: number;
}

/** Each key is a safe file name and unique. */
export function checkKeys(context: RuleContext): void {
  const seen = new Map<string, Earlier>();
  for (const { item, path, itemKey } of listItems(context)) {
    if (item.key === undefined) continue;
    const place = findPlace(context, [...path, 'key']);
    const mistake = findKeyMistake(item.key);
    if (mistake !== undefined) context.problems.add(place, { code: 'unsafe-key', ...mistake, ...itemKey });
    const folded = foldKey(item.key);
    const earlier = seen.get(folded);
    if (earlier === undefined) {
      seen.set(folded, { key: item.key, place, number: Number(path[1]) + 1 });
    } else {
      context.problems.add(place, () => ({
        code: 'duplicate-key',
        message: `"${item.key}" is the same key as ${describe(earlier)}.`,
        fix: 'Rename one of them.',
        ...itemKey,
      }));
    }
  }
}

function describe({ key, place, number }: Earlier): string {
  const position = place.source.position(place.offset);
  return `"${key}" ${position === undefined ? `of item ${number}` : `on line ${position.line}`}`;
}
