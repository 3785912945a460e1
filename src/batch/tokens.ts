import { utf8Length } from '../contract/text.ts';

/** Scripts in which each character is about one token. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** Google's rule: a token is about 4 characters. https://ai.google.dev/gemini-api/docs/tokens */
const CHARACTERS_PER_TOKEN = 4;

/** Estimates the tokens of a text. */
export function estimateTextTokens(text: string): number {
  const dense = text.match(DENSE)?.length ?? 0;
  const others = Array.from(text).length - dense;
  return dense + Math.ceil(others / CHARACTERS_PER_TOKEN);
}

/** The most tokens that a text can have: each token is at least one byte. */
export function maxTextTokens(text: string): number {
  return utf8Length(text);
}
