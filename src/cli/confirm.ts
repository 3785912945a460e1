import type { Call } from './call.ts';

/** Whether a person at the terminal says yes; undefined where there is none. */
export async function confirm({ ask }: Call, question: string): Promise<boolean | undefined> {
  const answer = await ask?.(`${question} [y/N] `);
  return answer === undefined ? undefined : /^y(es)?$/i.test(answer.trim());
}
