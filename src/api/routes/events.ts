import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { follow } from '../../client/follow.ts';
import { type BatchProgress, isEnd } from '../../contract/index.ts';
import { computeSha256 } from '../../manifest/sha256.ts';
import { abortAtEnd, atEnd } from '../at-end.ts';
import { getAccessible } from '../batch-access.ts';
import type { RouteContext } from '../context.ts';
import { refusal, toProblem } from '../problem.ts';
import { nameCaller } from '../quotas.ts';
import { batchParams, problems } from '../schemas/common.ts';
import { typed } from './typed.ts';

/** The route that streams the progress of a batch. */
export async function eventRoutes(
  app: FastifyInstance,
  { progressCache, closing, quotas }: RouteContext,
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
        summary: 'Follow a batch',
        description:
          'Server-sent events: `progress` with a Batch at once and after each change, `problem` with a Problem if the batch cannot be followed any more. The stream ends when the batch ends. A request with `Last-Event-ID` gets only newer events; if there will be none, 204, so that an EventSource stops.',
        params: batchParams,
        headers: z.looseObject({
          'last-event-id': z.string().max(200).optional(),
          accept: z.string().optional(),
        }),
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
          204: z.undefined().meta({ description: 'The batch has ended, and the caller has its last event.' }),
          ...problems(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { params, caller, headers } = request;
      const { batchId } = params;
      if (!/text\/event-stream|text\/\*|\*\/\*/.test(headers.accept ?? '*/*'))
        throw refusal(406, 'This is a stream of events: accept text/event-stream');
      const lastEventId = headers['last-event-id'];
      const first = await getAccessible(caller, progressCache, batchId);
      if (isEnd(first.state) && computeEventId(first) === lastEventId) return reply.code(204).send();
      const lease = quotas.streams.open(nameCaller(request));
      lease.add(1);
      atEnd(reply, lease.release);
      const disconnected = abortAtEnd(reply);
      // At once: the first event may be hours away, and the caller must see that the stream is open.
      reply.sse.sendHeaders();
      await reply.sse.send(streamChanges(batchId, lastEventId, AbortSignal.any([disconnected, closing])));
    },
  );

  async function* streamChanges(batchId: string, lastEventId: string | undefined, signal: AbortSignal) {
    try {
      for await (const progress of follow(() => progressCache.get(batchId), signal)) {
        const id = computeEventId(progress);
        if (id !== lastEventId) yield { id, event: 'progress', data: progress };
      }
    } catch (error) {
      if (!signal.aborted)
        yield { event: 'problem', data: toProblem(error, `/v1/batches/${batchId}/events`) };
    }
  }
}

/** Derived from the content, so that it is the same for all readers and after a restart. */
function computeEventId(progress: BatchProgress): string {
  return computeSha256(JSON.stringify(progress)).slice(0, 16);
}
