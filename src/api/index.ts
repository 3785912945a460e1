/** The HTTP API, for callers in any language. */
export { createApi } from './server.ts';
export { readTokens } from './tokens.ts';
