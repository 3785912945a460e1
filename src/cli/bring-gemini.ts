import type { Config } from '../config.ts';
import { HummingbatchError } from '../contract/index.ts';
import { checkKey } from '../gemini/key.ts';
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

/** Refuses to go on without a key, before anything is made. @throws `no-key`, `key-invalid` */
export function requireKey({ flags }: Call, { apiKey }: Config): void {
  if (flags.emulator) return;
  if (!apiKey) throw new HummingbatchError('no-key', 'There is no GEMINI_API_KEY.');
  checkKey(apiKey);
}

/** The API of a call: the store's emulator where that is asked for, else the configured one. @throws `no-key` */
export async function connectGemini(
  call: Call,
  config: Config,
  store: Store,
): Promise<GeminiPlace & { close: () => Promise<void> }> {
  requireKey(call, config);
  if (call.flags.emulator) {
    const emulator = await shareEmulator(store);
    return { apiKey: EMULATED_KEY, url: emulator.url, close: () => emulator.close() };
  }
  return {
    apiKey: config.apiKey ?? '',
    ...(config.geminiUrl && { url: config.geminiUrl }),
    close: async () => undefined,
  };
}
