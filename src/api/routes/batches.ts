import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { findModel } from '../../batch/models.ts';
import { noSuchCursor } from '../../client/list.ts';
import { BATCH } from '../../contract/answers/progress.ts';
import { BATCH_STATES, ERROR_CODES, getRetryPolicy, HummingbatchError } from '../../contract/index.ts';
import { toZod } from '../../schemas/to-zod.ts';
import { getAccessible, getStored } from '../batch-access.ts';
import type { RouteContext } from '../context.ts';
import { answer, batchParams, problems } from '../schemas/common.ts';
import { limit, oneOrMore, texts } from '../schemas/query.ts';
import { type Caller, tokenLabel } from '../tokens.ts';
import { typed } from './typed.ts';

const TAG = ['batches'];
/** The codes for which a batch can stop. */
const STOP_CODES = ERROR_CODES.filter((code) => getRetryPolicy(code) !== 'never');

const page = z
  .object({
    batches: z.array(toZod(BATCH)).meta({ description: 'Newest first.' }),
    next: z
      .string()
      .optional()
      .meta({ description: 'Send it as `after` to get the next page. Absent on the last page.' }),
  })
  .meta({ id: 'BatchPage' });

/** Routes that read batches. */
export async function batchRoutes(
  app: FastifyInstance,
  { hummingbatch, progressCache, store }: RouteContext,
): Promise<void> {
  const routes = typed(app);

  routes.get(
    '/v1/batches',
    {
      schema: {
        tags: TAG,
        operationId: 'listBatches',
        summary: 'List batches',
        querystring: z.object({
          state: oneOrMore(BATCH_STATES, 'In one of these states.', 'NEEDS_ATTENTION'),
          reason: z
            .enum(STOP_CODES as [string, ...string[]])
            .optional()
            .meta({ description: 'Stopped for this code.', examples: ['disk-full'] }),
          model: z
            .string()
            .max(200)
            .optional()
            .meta({
              description: 'A name of the model, or its id at Google.',
              examples: ['nano-banana-pro'],
            }),
          label: texts('With all of these labels.', 'team:web'),
          since: z.iso
            .datetime({ offset: true })
            .optional()
            .meta({ description: 'Started at this time or later.', examples: ['2026-11-20T06:00:00Z'] }),
          limit: limit(100, 1000),
          after: z.string().max(100).optional().meta({ description: '`next` of the previous page.' }),
        }),
        response: { 200: answer('A page of batches.', page), ...problems(400, 503) },
      },
    },
    async ({ query, caller }) => {
      const { state, reason, model, label = [], ...rest } = query;
      if (rest.after !== undefined && caller?.ownOnly) await requireCursor(caller, rest.after);
      const labels = caller?.ownOnly ? [...label, tokenLabel(caller)] : label;
      return hummingbatch.list({
        ...rest,
        labels,
        ...(state && { states: state }),
        ...(reason && { reason: reason as (typeof STOP_CODES)[number] }),
        ...(model && { model: findModel(model)?.id ?? model }),
      });
    },
  );

  routes.get(
    '/v1/batches/:batchId',
    {
      schema: {
        tags: TAG,
        operationId: 'getBatch',
        summary: 'Get a batch',
        params: batchParams,
        response: { 200: answer('Its progress.', toZod(BATCH)), ...problems(404, 503) },
      },
    },
    async ({ params, caller }) => getAccessible(caller, progressCache, params.batchId),
  );

  /** A cursor must not reveal a batch of another token. @throws `usage`, as for a batch that does not exist */
  async function requireCursor(caller: Caller, after: string): Promise<void> {
    try {
      await getStored(caller, store, after);
    } catch (error) {
      const isUnknown = error instanceof HummingbatchError && error.code === 'batch-unknown';
      throw isUnknown ? noSuchCursor(after) : error;
    }
  }
}
