import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { follow } from '../../client/follow.ts';
import { type BatchProgress, isEnd } from '../../contract/index.ts';
import { computeSha256 } from '../../manifest/sha256.ts';
import { getAccessible } from '../batch-access.ts';
import type { RouteContext } from '../context.ts';
import { refusal, toProblem } from '../problem.ts';
import { batchParams, problems } from '../schemas/common.ts';
import { typed } from './typed.ts';

/** Following a batch without asking. */
export async function eventRoutes(
  app: FastifyInstance,
  { progressCache, closing }: RouteContext,
): Promise<void> {
  const routes = typed(app);

  routes.get(
    '/v1/batches/:batchId/events',
    {
      exposeHeadRoute: false,
      sse: 'manual',
      schema: {
        tags: ['batches'],
        operationId: 'followBatch',
        summary: 'Where a batch stands, whenever that changes',
        description:
          'Server-sent events: `progress` with a Batch at once and whenever it changed, `problem` with a Problem where it cannot be followed any more. The stream ends when the batch has. Who comes back with `Last-Event-ID` is sent only what is newer; where nothing will ever be, 204, so that an EventSource stops.',
        params: batchParams,
        headers: z.looseObject({
          'last-event-id': z.string().max(200).optional(),
          accept: z.string().optional(),
        }),
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
          204: z.undefined().meta({ description: 'It has ended, and the caller knows.' }),
          ...problems(404, 503),
        },
      },
    },
    async ({ params, caller, headers, raw }, reply) => {
      const { batchId } = params;
      if (!/text\/event-stream|text\/\*|\*\/\*/.test(headers.accept ?? '*/*'))
        throw refusal(406, 'This is a stream of events: ask for text/event-stream');
      const seen = headers['last-event-id'];
      const first = await getAccessible(caller, progressCache, batchId);
      if (isEnd(first.state) && eventId(first) === seen) return reply.code(204).send();
      const gone = new AbortController();
      raw.once('close', () => gone.abort());
      // At once: who knows all there is hears nothing for hours, and must not take it for silence.
      reply.sse.sendHeaders();
      await reply.sse.send(changes(batchId, seen, AbortSignal.any([gone.signal, closing])));
    },
  );

  async function* changes(batchId: string, seen: string | undefined, signal: AbortSignal) {
    try {
      for await (const progress of follow(() => progressCache.get(batchId), signal)) {
        const id = eventId(progress);
        if (id !== seen) yield { id, event: 'progress', data: progress };
      }
    } catch (error) {
      if (!signal.aborted)
        yield { event: 'problem', data: toProblem(error, `/v1/batches/${batchId}/events`) };
    }
  }
}

/** Names what a batch said: the same for all who ask, over restarts too. */
function eventId(progress: BatchProgress): string {
  return computeSha256(JSON.stringify(progress)).slice(0, 16);
}
