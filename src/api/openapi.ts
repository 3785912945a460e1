import pino from 'pino';
import type { ApiContext } from './context.ts';
import { createApi } from './server.ts';

/** The text of `docs/openapi.json`. */
export async function openApiText(version: string): Promise<string> {
  const api = await createApi({ ...UNUSED, version });
  try {
    await api.ready();
    return `${JSON.stringify(api.swagger(), null, 2)}\n`;
  } finally {
    await api.close();
  }
}

/** Dependencies of the routes that only describing them never calls. */
const UNUSED = {
  tokens: [],
  // Without a secret the route for Google's events is left out of the document. Nothing is signed with this one.
  geminiSecrets: [`whsec_${Buffer.alloc(24).toString('base64')}`],
  log: pino({ level: 'silent' }),
  requestsPerMinute: 1,
} as unknown as ApiContext;
