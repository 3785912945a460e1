import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { BatchHandle, RequestOptions } from '../../client/index.ts';
import { FLAGS, OUTCOMES } from '../../contract/index.ts';
import { adoptRequest, approveRequest, setBudgetRequest } from '../../schemas/messages.ts';
import { batch } from '../../schemas/progress.ts';
import { getAccessible } from '../batch-access.ts';
import type { RouteContext } from '../context.ts';
import { deriveRequestId, fingerprintRequest, readIdempotencyKey, runOnce } from '../idempotency.ts';
import { answer, batchParams, idempotent, problems } from '../schemas/common.ts';
import { typed } from './typed.ts';

interface Operation<Body extends z.ZodType = z.ZodType> {
  name: string;
  summary: string;
  description: string;
  body: Body;
  act: (batch: BatchHandle, body: z.output<Body>, sending: RequestOptions) => Promise<unknown>;
}

/** Keeps a body's type beside the function that gets it. */
function operation<Body extends z.ZodType>(spec: Operation<Body>): Operation {
  return spec;
}

const NOTHING = z
  .strictObject({})
  .nullish()
  .meta({ examples: [{}] });
const MAX_KEYS = 1000;
/** A thousand keys of two hundred characters, bytes. */
const MAX_BODY_BYTES = 1 << 20;

const OPERATIONS: readonly Operation[] = [
  operation({
    name: 'retry',
    summary: 'Go on, or make outputs again',
    description:
      'A stopped batch goes on at the step where it stopped. An ended one makes the outputs chosen again, as a new run that keeps what is there; nothing named: all that is no image, refused excepted.',
    body: z
      .strictObject({
        keys: z
          .array(z.string().max(200))
          .max(MAX_KEYS)
          .optional()
          .meta({ description: 'Keys (`hero`) or outputs (`hero#2`).' }),
        outcomes: z.array(z.enum(OUTCOMES)).optional(),
        flags: z.array(z.enum(FLAGS)).optional().meta({ description: 'Images that carry one of these.' }),
      })
      .nullish()
      .meta({ examples: [{ outcomes: ['failed', 'missing', 'refused'] }, { keys: ['hero#2'] }, {}] }),
    act: (handle, body, sending) => handle.retry(body ?? {}, sending),
  }),
  operation({
    name: 'approve',
    summary: 'Let an expensive batch go, or refuse it',
    description: 'Refused it ends as FAILED and unpaid.',
    body: z
      .strictObject(approveRequest.shape)
      .nullish()
      .meta({ examples: [{}, { approved: false }] }),
    act: (handle, body, sending) => handle.approve(body?.approved ?? true, sending),
  }),
  operation({
    name: 'accept',
    summary: 'End a stopped batch with what is there',
    description: 'It is reported as any other; what is missing can be made again later.',
    body: NOTHING,
    act: (handle, _, sending) => handle.accept(sending),
  }),
  operation({
    name: 'adopt',
    summary: 'Settle a submission whose answer was lost',
    description: '`batches/…` takes that job, `none` makes another.',
    body: z.strictObject(adoptRequest.shape).meta({ examples: [{ job: 'none' }] }),
    act: (handle, { job }, sending) => handle.adopt(job, sending),
  }),
  operation({
    name: 'set-budget',
    summary: 'Change what a batch may cost',
    description: 'Over all rounds, USD. One that stopped for it goes on.',
    body: z.strictObject(setBudgetRequest.shape).meta({ examples: [{ maxCostUsd: 60 }] }),
    act: (handle, { maxCostUsd }, sending) => handle.setBudget(maxCostUsd, sending),
  }),
  operation({
    name: 'check-now',
    summary: 'Ask Google now instead of at the next check',
    description: 'Only while the batch waits for its job.',
    body: NOTHING,
    act: (handle, _, sending) => handle.checkNow(sending),
  }),
  operation({
    name: 'cancel',
    summary: 'Cancel a batch',
    description:
      'What its job has finished is kept and reported, which takes a while: the answer says CANCELLING or an end.',
    body: NOTHING,
    act: (handle) => handle.cancel(),
  }),
];

/** Everything that can be told to a batch. */
export async function operationRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { hummingbatch, store, progressCache } = context;
  // `curl -X POST` sends none.
  app.addContentTypeParser('application/x-www-form-urlencoded', { bodyLimit: 0 }, (_, __, done) =>
    done(null, null),
  );
  const routes = typed(app);

  for (const { name, summary, description, body, act } of OPERATIONS) {
    routes.post(
      `/v1/batches/:batchId/${name}`,
      {
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          tags: ['operations'],
          operationId: name.replace(/-./g, (letters) => letters.slice(1).toUpperCase()),
          summary,
          description,
          params: batchParams,
          headers: idempotent,
          body,
          response: { 200: answer('Where it stands since.', batch), ...problems(400, 404, 409, 503) },
        },
      },
      async (request) => {
        const { batchId } = request.params;
        const { caller } = request;
        await getAccessible(caller, progressCache, batchId);
        const key = readIdempotencyKey(request);
        const claim = { batchId, fingerprint: fingerprintRequest(name, request.body ?? {}) };
        const sending = key ? { requestId: deriveRequestId(caller, key) } : {};
        await runOnce({ store, caller, key }, claim, () =>
          act(hummingbatch.batch(batchId), request.body, sending),
        );
        return progressCache.refresh(batchId);
      },
    );
  }
}
