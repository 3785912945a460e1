import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { BatchHandle, RequestOptions } from '../../client/index.ts';
import { BATCH } from '../../contract/answers/progress.ts';
import { ADOPT_REQUEST, APPROVE_REQUEST, RETRY_SELECTOR, SET_BUDGET_REQUEST } from '../../contract/index.ts';
import { object } from '../../contract/rules.ts';
import { toBody, toOptionalBody, toZod } from '../../schemas/to-zod.ts';
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
  run: (batch: BatchHandle, body: z.output<Body>, options: RequestOptions) => Promise<unknown>;
}

/** Infers the type of the body for the function that receives it. */
function defineOperation<Body extends z.ZodType>(spec: Operation<Body>): Operation {
  return spec;
}

const NO_BODY = toOptionalBody(object('the body', {}), [{}]);
/** A thousand keys of two hundred characters, bytes. */
const MAX_BODY_BYTES = 1 << 20;

const OPERATIONS: readonly Operation[] = [
  defineOperation({
    name: 'retry',
    summary: 'Continue a stopped batch, or make outputs again',
    description:
      'A stopped batch continues at the step where it stopped. An ended batch makes the selected outputs again, as a new run that keeps the other results and is paid. Default: outputs that failed or are missing.',
    body: toOptionalBody(RETRY_SELECTOR, [
      { outcomes: ['failed', 'missing', 'refused'] },
      { keys: ['hero#2'] },
      {},
    ]),
    run: (handle, body, options) => handle.retry(body ?? {}, options),
  }),
  defineOperation({
    name: 'approve',
    summary: 'Approve a batch above its price limit, or refuse it',
    description: 'A refused batch ends as FAILED and unpaid.',
    body: toOptionalBody(APPROVE_REQUEST, [{}, { approved: false }]),
    run: (handle, body, options) => handle.approve(body?.approved ?? true, options),
  }),
  defineOperation({
    name: 'accept',
    summary: 'End a stopped batch with what it has',
    description: 'It gets a report like any other. What is missing can be made again later.',
    body: NO_BODY,
    run: (handle, _, options) => handle.accept(options),
  }),
  defineOperation({
    name: 'adopt',
    summary: 'Settle a submission whose answer was lost',
    description: '`batches/…` adopts that job, `none` submits another.',
    body: toBody(ADOPT_REQUEST, [{ job: 'none' }]),
    run: (handle, { job }, options) => handle.adopt(job, options),
  }),
  defineOperation({
    name: 'set-budget',
    summary: 'Change what a batch may cost',
    description: 'In USD, over all rounds. A batch that stopped for its budget continues.',
    body: toBody(SET_BUDGET_REQUEST, [{ maxCostUsd: 60 }]),
    run: (handle, { maxCostUsd }, options) => handle.setBudget(maxCostUsd, options),
  }),
  defineOperation({
    name: 'check-now',
    summary: 'Ask Google now instead of at the next check',
    description: 'Only while the batch waits for its job.',
    body: NO_BODY,
    run: (handle, _, options) => handle.checkNow(options),
  }),
  defineOperation({
    name: 'cancel',
    summary: 'Cancel a batch',
    description:
      'What its job has finished is collected and reported, which takes a while: the response says CANCELLING or an end.',
    body: NO_BODY,
    run: (handle) => handle.cancel(),
  }),
];

/** Routes that change a batch. */
export async function operationRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { hummingbatch, store, progressCache } = context;
  // `curl -X POST` without data sends this type and no body.
  app.addContentTypeParser('application/x-www-form-urlencoded', { bodyLimit: 0 }, (_, __, done) =>
    done(null, null),
  );
  const routes = typed(app);

  for (const { name, summary, description, body, run } of OPERATIONS) {
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
          response: {
            200: answer('Its progress after the operation.', toZod(BATCH)),
            ...problems(400, 404, 409, 503),
          },
        },
      },
      async (request) => {
        const { batchId } = request.params;
        const { caller } = request;
        await getAccessible(caller, progressCache, batchId);
        const key = readIdempotencyKey(request);
        const claim = { batchId, fingerprint: fingerprintRequest(name, request.body ?? {}) };
        const options = key ? { requestId: deriveRequestId(caller, key) } : {};
        await runOnce({ store, caller, key }, claim, () =>
          run(hummingbatch.batch(batchId), request.body, options),
        );
        return progressCache.refresh(batchId);
      },
    );
  }
}
