import type { Config } from '../config.ts';
import { HummingbatchError } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';
import { shareEmulator } from './emulated.ts';

/** Where a worker finds Gemini, and with which key. */
export interface GeminiPlace {
  apiKey: string;
  /** Unset: Google's. */
  url?: string;
}

/** The emulator takes any. */
const EMULATED_KEY = 'emulated';

/** The API of a call: the store's emulator where that is asked for, else the configured one. @throws `no-key` */
export async function bringGemini(
  call: Call,
  { apiKey, geminiUrl }: Config,
  store: Store,
): Promise<GeminiPlace & { close: () => Promise<void> }> {
  if (call.flags.emulator) {
    const { url, close } = await shareEmulator(store.location);
    return { apiKey: EMULATED_KEY, url, close };
  }
  if (!apiKey) throw new HummingbatchError('no-key', 'There is no GEMINI_API_KEY.');
  return { apiKey, ...(geminiUrl && { url: geminiUrl }), close: async () => undefined };
}
