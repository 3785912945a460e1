import { z } from 'zod';
import type { Reply } from '../http/exchange.ts';
import { encodeToken } from '../http/paging.ts';
import { onRequest } from './kind.ts';

/** Faults of jobs in the answers to GET and LIST. */
export const OPERATION_FAULTS = {
  'bad-time': onRequest(
    'createTime is `time` (default `yesterday`)',
    { time: z.string().default('yesterday') },
    async ({ time }, exchange, next) =>
      changeJobs(await next(exchange), (metadata) => ({ ...metadata, createTime: time })),
  ),

  state: onRequest(
    'the state is `state`, which may be any text: `BATCH_STATE_PAUSED`',
    { state: z.string() },
    async ({ state }, exchange, next) =>
      changeJobs(await next(exchange), (metadata) => ({ ...metadata, state })),
  ),

  'job-state': onRequest('the state is spelled `JOB_STATE_…`', {}, async (_, exchange, next) =>
    changeJobs(await next(exchange), (metadata) => ({
      ...metadata,
      state: metadata.state?.replace('BATCH_STATE_', 'JOB_STATE_'),
    })),
  ),
};

/** Faults of the pages of LIST. `skip` and `double` change only pages with a next page. */
export const PAGE_FAULTS = {
  empty: onRequest(
    'a page without jobs comes first; its next page is the one that was asked for',
    {},
    async (_, exchange) => ({
      json: { nextPageToken: exchange.query.get('pageToken') || TO_NEWEST },
    }),
  ),

  'empty-last': onRequest('the last page has a next page, which is empty', {}, async (_, exchange, next) => {
    const reply = await next(exchange);
    const { operations = [], nextPageToken } = reply.json as OperationPage;
    const last = operations.at(-1);
    if (nextPageToken !== undefined || !last) return reply;
    return { ...reply, json: { operations, nextPageToken: createToken(last) } };
  }),

  'empty-token': onRequest('the last page has an empty `nextPageToken`', {}, async (_, exchange, next) => {
    const reply = await next(exchange);
    return { ...reply, json: { nextPageToken: '', ...(reply.json as OperationPage) } };
  }),

  skip: onRequest('the last job of a page is on no page', {}, async (_, exchange, next) =>
    changePage(await next(exchange), (operations, nextPageToken) => ({
      operations: operations.slice(0, -1),
      nextPageToken,
    })),
  ),

  double: onRequest(
    'the last job of a page is also the first one of the next page',
    {},
    async (_, exchange, next) =>
      changePage(await next(exchange), (operations, nextPageToken) => {
        const before = operations.at(-2);
        return { operations, nextPageToken: before ? createToken(before) : nextPageToken };
      }),
  ),
};

/** The token of the first page. */
const TO_NEWEST = encodeToken({ id: '-', createTime: Number.MAX_SAFE_INTEGER });

/** The fields of an operation that faults change. */
interface Operation {
  name: string;
  metadata: Metadata;
}

interface Metadata {
  createTime: string;
  state?: string;
}

interface OperationPage {
  operations?: Operation[];
  nextPageToken?: string;
}

/** Changes every job in an answer. A refusal is not changed. */
function changeJobs(reply: Reply, change: (metadata: Metadata) => Metadata): Reply {
  const json = reply.json as Operation | OperationPage;
  const changed = (operation: Operation) => ({ ...operation, metadata: change(operation.metadata) });
  if ('metadata' in json) return { ...reply, json: changed(json) };
  if ('operations' in json) return { ...reply, json: { ...json, operations: json.operations?.map(changed) } };
  return reply;
}

function changePage(
  reply: Reply,
  change: (operations: Operation[], nextPageToken: string) => OperationPage,
): Reply {
  const { operations, nextPageToken } = reply.json as OperationPage;
  if (!operations || nextPageToken === undefined) return reply;
  return { ...reply, json: change(operations, nextPageToken) };
}

function createToken({ name, metadata }: Operation): string {
  return encodeToken({ id: name.slice('batches/'.length), createTime: Date.parse(metadata.createTime) });
}
