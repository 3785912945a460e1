import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { createGeminiEvents, MAX_EVENT_BYTES } from '../gemini-events.ts';
import { answer, problems } from '../schemas/common.ts';

const received = z
  .object({
    received: z.enum(['delivered', 'no-recipient', 'repeated', 'ignored']).meta({
      description:
        '`delivered`: the batch of this job asks Google now. `no-recipient`: no open batch has this job. `repeated`: it was received before. `ignored`: it has another type.',
    }),
  })
  .meta({ id: 'ReceivedEvent' });

export const EVENTS_PATH = '/v1/gemini/events';

/** The route for events from Google. They are signed and need no token. Without a signing secret there is no such route. */
export async function geminiRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { geminiSecrets, hummingbatch, now } = context;
  if (geminiSecrets.length === 0) return;
  const events = createGeminiEvents({
    secrets: geminiSecrets,
    now,
    wake: (job) => hummingbatch.jobEvent({ job }),
  });
  // The signature covers the raw bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));

  app.post(
    EVENTS_PATH,
    {
      // The sender is not verified before the body is read.
      bodyLimit: MAX_EVENT_BYTES,
      schema: {
        tags: ['events'],
        operationId: 'receiveGeminiEvent',
        summary: 'Receive an event of Gemini’s webhooks',
        description:
          'The address to register at Google. Events follow Standard Webhooks and are signed with the secret that Google gave (HUMMINGBATCH_GEMINI_WEBHOOK_SECRET). An event only makes the batch check its job at Google.',
        security: [],
        response: { 200: answer('It was received.', received), ...problems(400, 413, 503) },
      },
    },
    async ({ headers, body }) => ({
      received: await events.receive({ headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }),
    }),
  );
}
