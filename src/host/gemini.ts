import { HummingbatchError } from '../contract/index.ts';
import { checkKey } from '../gemini/key.ts';
import type { Store } from '../store/store.ts';
import type { GeminiOptions } from './options.ts';

/** A Gemini API that a worker can call. */
export interface GeminiConnection {
  apiKey: string;
  /** Unset: Google's. */
  url?: string | undefined;
  /** Ends the emulator where it runs in this process. */
  close(): Promise<void>;
}

/** The emulator takes any. */
const EMULATED_KEY = 'emulated';

/** Refuses a missing or malformed key before anything is made. @throws `no-key`, `key-invalid` */
export function requireKey({ apiKey, emulator }: GeminiOptions): void {
  if (emulator) return;
  if (!apiKey)
    throw new HummingbatchError('no-key', 'There is no GEMINI_API_KEY.', {
      fix: 'Set GEMINI_API_KEY, in the environment or in `.env`. The emulator (--emulator) needs no key and costs nothing.',
    });
  checkKey(apiKey);
}

/** The store's emulator where the options ask for it, else the API that they name. @throws `no-key`, `key-invalid` */
export async function connectGemini(options: GeminiOptions, store: Store): Promise<GeminiConnection> {
  requireKey(options);
  if (options.emulator) {
    const { shareEmulator } = await import('./emulator.ts');
    const emulator = await shareEmulator(store);
    return { apiKey: EMULATED_KEY, url: emulator.url, close: () => emulator.close() };
  }
  return { apiKey: options.apiKey ?? '', url: options.geminiUrl, close: async () => undefined };
}
