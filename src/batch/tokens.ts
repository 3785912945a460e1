import { utf8Length } from './utf8.ts';

/** Scripts whose characters are about one token each. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** Google: a token is about 4 characters. https://ai.google.dev/gemini-api/docs/tokens */
const CHARACTERS_PER_TOKEN = 4;

/** About how many tokens a text takes. */
export function textTokens(text: string): number {
  const dense = text.match(DENSE)?.length ?? 0;
  const others = Array.from(text).length - dense;
  return dense + Math.ceil(others / CHARACTERS_PER_TOKEN);
}

/** How many tokens a text takes at most: every one stands for a byte or more. */
export function mostTextTokens(text: string): number {
  return utf8Length(text);
}
