import { z } from 'zod';
import type { Reply } from '../http/exchange.ts';
import { encodeToken } from '../http/paging.ts';
import { onRequest } from './kind.ts';

/** What can be wrong with jobs as GET and LIST show them. */
export const OPERATION_FAULTS = {
  'bad-time': onRequest(
    'createTime is `time` (default `yesterday`)',
    { time: z.string().default('yesterday') },
    async ({ time }, exchange, next) =>
      changeJobs(await next(exchange), (metadata) => ({ ...metadata, createTime: time })),
  ),

  state: onRequest(
    'the state is `state`, whatever it is: `BATCH_STATE_PAUSED`',
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

/** What can be wrong with the pages of LIST. Only a page with a next one is touched. */
export const PAGE_FAULTS = {
  skip: onRequest('the last job of a page is on none', {}, async (_, exchange, next) =>
    changePage(await next(exchange), (operations, nextPageToken) => ({
      operations: operations.slice(0, -1),
      nextPageToken,
    })),
  ),

  double: onRequest(
    'the last job of a page is the first of the next one too',
    {},
    async (_, exchange, next) =>
      changePage(await next(exchange), (operations, nextPageToken) => {
        const before = operations.at(-2);
        return { operations, nextPageToken: before ? createToken(before) : nextPageToken };
      }),
  ),
};

/** The fields of an operation that faults touch. */
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

/** A refusal stays as it is. */
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
