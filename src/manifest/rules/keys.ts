import { foldKey, keyMistake } from '../key.ts';
import type { Place } from '../tree.ts';
import { findPlace, listItems, type Subject } from './rule.ts';

interface Earlier {
  key: string;
  place: Place;
  number: number;
}

/** Keys are safe file names, each only once. */
export function checkKeys(subject: Subject): void {
  const seen = new Map<string, Earlier>();
  for (const { item, path, about } of listItems(subject)) {
    if (item.key === undefined) continue;
    const place = findPlace(subject, [...path, 'key']);
    const mistake = keyMistake(item.key);
    if (mistake !== undefined) subject.problems.add(place, { code: 'unsafe-key', ...mistake, ...about });
    const folded = foldKey(item.key);
    const earlier = seen.get(folded);
    if (earlier === undefined) {
      seen.set(folded, { key: item.key, place, number: Number(path[1]) + 1 });
    } else {
      const message = `"${item.key}" is the same key as ${describe(earlier)}.`;
      subject.problems.add(place, { code: 'duplicate-key', message, fix: 'Change one of them.', ...about });
    }
  }
}

function describe({ key, place, number }: Earlier): string {
  const position = place.source.position(place.offset);
  return `"${key}" ${position === undefined ? `of item ${number}` : `in line ${position.line}`}`;
}
