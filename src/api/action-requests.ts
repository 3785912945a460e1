import { type Action, type ActionTable, renderAction } from '../contract/index.ts';

/** A request to this API. */
export interface ActionRequest {
  method: 'GET' | 'POST';
  path: string;
  /** JSON. What the caller has to choose is missing. */
  body?: Record<string, unknown>;
}

/** An action with the request that carries it out. */
export type HttpAction = Action & { request?: ActionRequest };

const none = () => undefined;

/** Undefined: only whoever runs the API can do it. */
const REQUESTS: ActionTable<ActionRequest | undefined> = {
  status: ({ batchId }) => get(`/v1/batches/${batchId}`),
  watch: ({ batchId }) => get(`/v1/batches/${batchId}/events`),
  results: ({ batchId }) => get(`/v1/batches/${batchId}/records`),
  'list-batches': () => get('/v1/batches'),
  'check-now': ({ batchId }) => operate(batchId, 'check-now'),
  cancel: ({ batchId }) => operate(batchId, 'cancel'),
  approve: ({ batchId, approved }) => operate(batchId, 'approve', { approved }),
  retry: ({ batchId }) => operate(batchId, 'retry'),
  'retry-outputs': ({ batchId, outcomes }) => operate(batchId, 'retry', { ...(outcomes && { outcomes }) }),
  accept: ({ batchId }) => operate(batchId, 'accept'),
  adopt: ({ batchId, job }) => operate(batchId, 'adopt', { ...(job && { job }) }),
  'set-budget': ({ batchId, maxCostUsd }) =>
    operate(batchId, 'set-budget', { ...(maxCostUsd !== undefined && { maxCostUsd }) }),
  'start-batch': () => ({ method: 'POST', path: '/v1/batches' }),
  validate: () => ({ method: 'POST', path: '/v1/validate' }),
  help: () => get('/openapi.json'),
  init: none,
  'start-worker': none,
  'start-local': none,
  doctor: none,
  'list-schedules': none,
  'trigger-schedule': none,
  'pause-schedule': none,
  'delete-schedule': none,
};

/** The request that carries out an action; undefined where this API has none. */
export function toRequest(action: Action): ActionRequest | undefined {
  return renderAction(REQUESTS, action);
}

/** An action as this API answers it. */
export function toHttpAction(action: Action): HttpAction {
  const request = toRequest(action);
  return { ...action, ...(request && { request }) };
}

function get(path: string): ActionRequest {
  return { method: 'GET', path };
}

function operate(batchId: string, operation: string, body: Record<string, unknown> = {}): ActionRequest {
  return { method: 'POST', path: `/v1/batches/${batchId}/${operation}`, body };
}
