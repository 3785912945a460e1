import { findModel, MODELS } from '../../batch/models.ts';
import { findNearest } from '../../manifest/suggest.ts';
import { known } from '../render/output.ts';
import type { Check } from './check.ts';

const ANSWER_WITHIN_MS = 15_000;

const FIXES = {
  network: 'Check the network and HUMMINGBATCH_GEMINI_URL, then call it again.',
  key: 'Check GEMINI_API_KEY and its project: https://aistudio.google.com/apikey',
} as const;

/** Whether there is a key, and whether Google accepts it: one GET. */
export const checkKey: Check = async (_, { apiKey, geminiUrl }) => {
  const name = 'key';
  if (!apiKey) {
    const fix = 'Set GEMINI_API_KEY, in the environment or in `.env`. With --emulator a batch needs none.';
    return { name, level: 'missing', message: 'There is no GEMINI_API_KEY.', fix };
  }
  const { createGemini, GEMINI_URL } = await import('../../gemini/index.ts');
  try {
    const gemini = createGemini({ baseUrl: geminiUrl ?? GEMINI_URL, apiKey });
    await gemini.jobs.list(AbortSignal.timeout(ANSWER_WITHIN_MS)).next();
    return { name, level: 'ok', message: `${gemini.endpoint} accepts it.` };
  } catch (error) {
    const { code, message } = known(error);
    const isAway = code === 'unreachable' || code === 'unavailable' || code === 'invalid-response';
    return { name, level: 'missing', message, fix: isAway ? FIXES.network : FIXES.key };
  }
};

export const checkModel: Check = async ({ flags }) => {
  const name = 'model';
  const names = MODELS.flatMap((model) => model.names);
  if (flags.model === undefined) return { name, level: 'ok', message: `Known models: ${names.join(', ')}.` };
  const model = findModel(flags.model);
  if (!model) {
    const near = findNearest(flags.model, [...names, ...MODELS.map(({ id }) => id)]);
    const fix = near ? `Did you mean ${near}?` : `Known models: ${names.join(', ')}.`;
    return {
      name,
      level: 'hint',
      message: `${flags.model} is unknown here: its price and limits are not known.`,
      fix,
    };
  }
  if (model.status === 'live') return { name, level: 'ok', message: `${model.label} is ${model.id}.` };
  const fix = model.replacedBy ? `Its successor is ${model.replacedBy}.` : 'Choose another.';
  return { name, level: 'hint', message: `Google has announced the end of ${model.id}.`, fix };
};
