import { rpcError } from '../http/envelope.ts';
import type { Effect } from './effects.ts';

export interface Keyword {
  /** As it stands in a prompt, in any case. The brackets keep ordinary prompts out of here. */
  word: string;
  effect: Effect;
  /** Only in the first job that holds this key and prompt; the next job answers it. */
  once?: true;
  /** What it shows, for the documentation. */
  description: string;
}

/** Words in a prompt that make the emulator do what Google does now and then. */
export const KEYWORDS: readonly Keyword[] = [
  {
    word: '[refuse]',
    effect: {
      kind: 'refused',
      finishReason: 'PROHIBITED_CONTENT',
      finishMessage: 'The content was filtered because it may violate the policies on prohibited content.',
    },
    description: 'a refusal for good: finishReason PROHIBITED_CONTENT',
  },
  {
    word: '[unsafe]',
    effect: {
      kind: 'refused',
      finishReason: 'IMAGE_SAFETY',
      finishMessage: 'The image was filtered for safety. Try rephrasing the prompt.',
    },
    description: 'a refusal that another try may pass: finishReason IMAGE_SAFETY',
  },
  {
    word: '[blocked]',
    effect: { kind: 'blocked', blockReason: 'PROHIBITED_CONTENT' },
    description: 'a blocked prompt: promptFeedback and no candidates',
  },
  {
    word: '[no image]',
    effect: {
      kind: 'refused',
      finishReason: 'NO_IMAGE',
      finishMessage: 'The model did not make an image for this prompt.',
    },
    description: 'no image made: finishReason NO_IMAGE',
  },
  { word: '[text only]', effect: { kind: 'text' }, description: 'an answer that is only text' },
  { word: '[missing]', effect: { kind: 'missing' }, description: 'no line for this row in the result' },
  {
    word: '[fail once]',
    effect: { kind: 'error', ...rpcError('INTERNAL', 'Internal error encountered.') },
    once: true,
    description: 'a row error with code 13 in the first job, an image in the next',
  },
  {
    word: '[fail]',
    effect: { kind: 'error', ...rpcError('INTERNAL', 'Internal error encountered.') },
    description: 'a row error with code 13 in every job',
  },
];

/** The first keyword of the table that stands in the prompt. */
export function findKeyword(prompt: string): Keyword | undefined {
  const lower = prompt.toLowerCase();
  return KEYWORDS.find(({ word }) => lower.includes(word));
}
