import type { IncomingMessage } from 'node:http';
import { Refusal } from './envelope.ts';

/** The key that is refused where no list of accepted keys is given. */
export const INVALID_KEY = 'invalid';

const SERVICE = 'generativelanguage.googleapis.com';

/** @throws Refusal PERMISSION_DENIED without a key; INVALID_ARGUMENT (reason `API_KEY_INVALID`) with a wrong key. */
export function checkKey(
  request: IncomingMessage,
  query: URLSearchParams,
  accepted?: readonly string[],
): void {
  const header = request.headers['x-goog-api-key'];
  const key = (typeof header === 'string' && header) || query.get('key');
  if (!key) {
    throw new Refusal(
      'PERMISSION_DENIED',
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    );
  }
  if (accepted ? accepted.includes(key) : key !== INVALID_KEY) return;
  throw new Refusal('INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: SERVICE },
    },
  ]);
}
