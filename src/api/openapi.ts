import pino from 'pino';
import type { ApiContext } from './context.ts';
import { createApi } from './server.ts';

/** The text of `docs/openapi.json`. */
export async function openApiText(version: string): Promise<string> {
  const api = await createApi({ ...UNASKED, version });
  try {
    await api.ready();
    return `${JSON.stringify(api.swagger(), null, 2)}\n`;
  } finally {
    await api.close();
  }
}

/** What the routes work with; to describe them none of it is asked. */
const UNASKED = {
  tokens: [],
  // For the description of the route that takes events; nothing is signed with it.
  geminiSecrets: [`whsec_${Buffer.alloc(24).toString('base64')}`],
  log: pino({ level: 'silent' }),
  requestsPerMinute: 1,
} as unknown as ApiContext;
