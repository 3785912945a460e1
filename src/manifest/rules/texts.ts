import { MAX_TEXT_CHARACTERS } from '../limits.ts';
import type { Path } from '../tree.ts';
import { findPlace, listItems, type RuleContext } from './rule.ts';

/** Prompts are not empty, and no text is longer than a model accepts. */
export function checkTexts(context: RuleContext): void {
  checkLength(context, ['defaults', 'systemInstruction'], context.draft.defaults?.systemInstruction, {});
  for (const { item, path, itemKey } of listItems(context)) {
    checkLength(context, [...path, 'systemInstruction'], item.systemInstruction, itemKey);
    checkLength(context, [...path, 'prompt'], item.prompt, itemKey);
    if (item.prompt === undefined || item.prompt.trim() !== '') continue;
    context.problems.add(findPlace(context, [...path, 'prompt']), {
      code: 'empty-prompt',
      message: 'The prompt is empty.',
      fix: 'Describe what the image shows.',
      ...itemKey,
    });
  }
}

function checkLength(
  context: RuleContext,
  path: Path,
  text: string | undefined,
  itemKey: { key?: string },
): void {
  if (text === undefined || text.length <= MAX_TEXT_CHARACTERS) return;
  context.problems.add(findPlace(context, path), {
    code: 'text-too-long',
    message: `"${String(path.at(-1))}" has ${text.length.toLocaleString('en')} characters.`,
    fix: `Shorten it to at most ${MAX_TEXT_CHARACTERS.toLocaleString('en')}; the model accepts no more.`,
    ...itemKey,
  });
}
