import { rpcError } from '../http/envelope.ts';
import type { Effect } from './effects.ts';

export interface Keyword {
  /** The keyword in a prompt, in upper or lower case. The brackets keep ordinary prompts from matching. */
  word: string;
  effect: Effect;
  /** The effect applies only in the first job with this key and prompt; the next job answers with an image. */
  once?: true;
  /** Describes the effect, for the documentation. */
  description: string;
}

/** Keywords in a prompt that make the emulator answer like Google does in rare cases. */
export const KEYWORDS: readonly Keyword[] = [
  {
    word: '[refuse]',
    effect: {
      kind: 'refused',
      finishReason: 'PROHIBITED_CONTENT',
      finishMessage: 'The content was filtered because it may violate the policies on prohibited content.',
    },
    description: 'a permanent refusal: finishReason PROHIBITED_CONTENT',
  },
  {
    word: '[unsafe]',
    effect: {
      kind: 'refused',
      finishReason: 'IMAGE_SAFETY',
      finishMessage: 'The image was filtered for safety. Try rephrasing the prompt.',
    },
    description: 'a refusal that another try may not get: finishReason IMAGE_SAFETY',
  },
  {
    word: '[blocked]',
    effect: { kind: 'blocked', blockReason: 'PROHIBITED_CONTENT' },
    description: 'a blocked prompt: promptFeedback, and no candidates',
  },
  {
    word: '[no image]',
    effect: {
      kind: 'refused',
      finishReason: 'NO_IMAGE',
      finishMessage: 'The model did not make an image for this prompt.',
    },
    description: 'no image: finishReason NO_IMAGE',
  },
  { word: '[text only]', effect: { kind: 'text' }, description: 'an answer with only text' },
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

/** Finds the first keyword of the table that is in the prompt. */
export function findKeyword(prompt: string): Keyword | undefined {
  const lower = prompt.toLowerCase();
  return KEYWORDS.find(({ word }) => lower.includes(word));
}
