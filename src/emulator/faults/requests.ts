import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Refusal, STATUS_NAMES } from '../http/envelope.ts';
import { Cut, type Exchange } from '../http/exchange.ts';
import { Count, onEndOfRequest, onRequest } from './kind.ts';

/** Faults of any request. */
export const REQUEST_FAULTS = {
  cut: onEndOfRequest('the connection is cut, and the request is not carried out', {}, async () => {
    throw new Cut();
  }),

  'answer-lost': onEndOfRequest(
    'the request is carried out, and the connection is cut before the answer',
    {},
    async (_, exchange, next) => {
      await next(exchange);
      throw new Cut({ done: true });
    },
  ),

  slow: onRequest(
    'the request is carried out after `ms`, even if the client disconnects',
    { ms: Count },
    async ({ ms }, exchange, next) => {
      await pause(ms, undefined, { signal: exchange.closing });
      return next(exchange);
    },
  ),

  'answer-slow': onRequest(
    'the request is carried out at once and answered after `ms`',
    { ms: Count },
    async ({ ms }, exchange, next) => {
      const reply = await next(exchange);
      await pause(ms, undefined, { signal: exchange.closing });
      return reply;
    },
  ),

  stall: onEndOfRequest(
    'the request is neither carried out nor answered; the connection stays open',
    {},
    async (_, exchange) => {
      await waitUntilDisconnected(exchange);
      throw new Cut();
    },
  ),

  refuse: onEndOfRequest(
    'refused with a `status` of google.rpc; `retryDelay` ("37s") adds a RetryInfo, `retryAfter` the header',
    {
      status: z.enum(STATUS_NAMES),
      message: z.string().optional(),
      retryDelay: z.string().optional(),
      retryAfter: z.union([z.string(), z.number()]).optional(),
    },
    async ({ status, message = 'The fault plan refuses this request.', retryDelay, retryAfter }) => {
      const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay };
      const refusal = new Refusal(status, message, retryDelay === undefined ? [] : [info]);
      return {
        status: refusal.httpStatus,
        json: refusal,
        ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
      };
    },
  ),

  html: onEndOfRequest(
    'refused with the HTTP status `http` (default 503) and an HTML page, as by a gateway',
    { http: z.int().min(400).max(599).default(503) },
    async ({ http }) => ({
      status: http,
      headers: { 'content-type': 'text/html; charset=UTF-8' },
      text: `<!DOCTYPE html><html lang="en"><title>Error ${http}</title><p>The server encountered an error.</html>\n`,
    }),
  ),

  garbage: onEndOfRequest(
    'the request is carried out, and the answer is 200 with `text` (default: broken JSON)',
    { text: z.string().default('{"name": "batches/') },
    async ({ text }, exchange, next) => {
      const { headers } = await next(exchange);
      return { headers, text };
    },
  ),
};

/** Resolves when the client disconnects or the emulator closes. */
export function waitUntilDisconnected({ disconnected }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    if (disconnected.aborted) resolve();
    disconnected.addEventListener('abort', () => resolve(), { once: true });
  });
}
