import type { BatchOptions } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import type { GeminiOptions } from './options.ts';

/** The emulator needs no sparing, and its LIST shows a new job at once. */
const EMULATED_TIMES = { checkIntervalMs: 1_000, submitWindowMs: 1_000 } as const;

/** What binds a batch to its store and its Gemini API, and how it is run unless `options` say otherwise. */
export function buildBatchOptions(
  store: Store,
  { geminiUrl, emulator }: GeminiOptions,
  options: Partial<BatchOptions> = {},
): Partial<BatchOptions> {
  return {
    store: store.id,
    ...(geminiUrl && !emulator && { endpoint: new URL(geminiUrl).origin }),
    ...(emulator && EMULATED_TIMES),
    ...options,
  };
}
