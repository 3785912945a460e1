/** The HTTP API: for those who do not speak TypeScript. */
export { createApi } from './server.ts';
export { readTokens } from './tokens.ts';
