import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { createGeminiEvents, MAX_EVENT_BYTES } from '../gemini-events.ts';
import { answer, problems } from '../schemas/common.ts';

const received = z
  .object({
    received: z.enum(['delivered', 'no-recipient', 'repeated', 'ignored']).meta({
      description:
        '`woke`: the batch of this job asks Google now. `nobody`: it is no batch’s that is open here. `repeated`: it came before. `ignored`: of another kind.',
    }),
  })
  .meta({ id: 'ReceivedEvent' });

export const EVENTS_PATH = '/v1/gemini/events';

/** What Google sends. It is signed, so it needs no token; without a secret there is no such route. */
export async function geminiRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { geminiSecrets, hummingbatch, now } = context;
  if (geminiSecrets.length === 0) return;
  const events = createGeminiEvents({
    secrets: geminiSecrets,
    now,
    wake: (job) => hummingbatch.jobEvent({ job }),
  });
  // The signature is over the bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));

  app.post(
    EVENTS_PATH,
    {
      // Before anything is known of who sends it.
      bodyLimit: MAX_EVENT_BYTES,
      schema: {
        tags: ['events'],
        operationId: 'receiveGeminiEvent',
        summary: 'An event of Gemini’s webhooks',
        description:
          'The address to register at Google. Standard Webhooks, signed with the secret that Google gave (HUMMINGBATCH_GEMINI_WEBHOOK_SECRET). An event is a reason to look and no more: the batch asks Google itself.',
        security: [],
        response: { 200: answer('It was taken.', received), ...problems(400, 413, 503) },
      },
    },
    async ({ headers, body }) => ({
      received: await events.receive({ headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }),
    }),
  );
}
