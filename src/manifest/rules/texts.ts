import { MAX_TEXT_CHARACTERS } from '../limits.ts';
import type { Path } from '../tree.ts';
import { findPlace, listItems, type Subject } from './rule.ts';

/** Prompts say something, and no text is longer than a model reads. */
export function checkTexts(subject: Subject): void {
  checkLength(subject, ['defaults', 'systemInstruction'], subject.draft.defaults?.systemInstruction, {});
  for (const { item, path, about } of listItems(subject)) {
    checkLength(subject, [...path, 'systemInstruction'], item.systemInstruction, about);
    checkLength(subject, [...path, 'prompt'], item.prompt, about);
    if (item.prompt === undefined || item.prompt.trim() !== '') continue;
    subject.problems.add(findPlace(subject, [...path, 'prompt']), {
      code: 'empty-prompt',
      message: 'The prompt is empty.',
      fix: 'Say what the image shows.',
      ...about,
    });
  }
}

function checkLength(subject: Subject, path: Path, text: string | undefined, about: { key?: string }): void {
  if (text === undefined || text.length <= MAX_TEXT_CHARACTERS) return;
  subject.problems.add(findPlace(subject, path), {
    code: 'text-too-long',
    message: `"${String(path.at(-1))}" has ${text.length.toLocaleString('en')} characters.`,
    fix: `At most ${MAX_TEXT_CHARACTERS.toLocaleString('en')}; the model reads no more.`,
    ...about,
  });
}
