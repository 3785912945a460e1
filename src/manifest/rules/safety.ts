import type { ItemInput } from '../schema.ts';
import type { Path } from '../tree.ts';
import { findPlace, listItems, type Subject } from './rule.ts';

/** Google refuses a request that sets one category twice. */
export function checkSafety(subject: Subject): void {
  check(subject, ['defaults'], subject.draft.defaults?.safetySettings, {});
  for (const { item, path, about } of listItems(subject)) check(subject, path, item.safetySettings, about);
}

function check(
  subject: Subject,
  path: Path,
  settings: ItemInput['safetySettings'] = [],
  about: { key?: string },
): void {
  // What the schema refused is not there.
  const categories = settings.map((setting) => setting?.category);
  for (const [n, category] of categories.entries()) {
    if (category === undefined || categories.indexOf(category) === n) continue;
    subject.problems.add(findPlace(subject, [...path, 'safetySettings', n]), {
      code: 'wrong-value',
      message: `${category} stands here for the second time.`,
      fix: 'One threshold for each category.',
      ...about,
    });
  }
}
