import type { Picture } from '../jobs/jobs.ts';

/** Counts tokens by Google's rule: a token is about four characters. */
export function textTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Builds `usageMetadata`, the billed tokens of an answer. Counters of zero are left out. */
export function usageMetadata(
  { promptTokens }: Picture,
  candidates: { text: number; image: number },
  thoughts: number,
): Record<string, unknown> {
  const prompt = promptTokens.text + promptTokens.images;
  const answer = candidates.text + candidates.image;
  return {
    promptTokenCount: prompt,
    ...(answer > 0 && { candidatesTokenCount: answer }),
    totalTokenCount: prompt + answer + thoughts,
    promptTokensDetails: details({ TEXT: promptTokens.text, IMAGE: promptTokens.images }),
    ...(candidates.image > 0 && { candidatesTokensDetails: details({ IMAGE: candidates.image }) }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
  };
}

function details(tokens: Record<string, number>) {
  return Object.entries(tokens)
    .filter(([, tokenCount]) => tokenCount > 0)
    .map(([modality, tokenCount]) => ({ modality, tokenCount }));
}
