import { getFaults, putFaults } from '../faults/routes.ts';
import { deleteFile, getFile, listFiles } from '../files/file-routes.ts';
import { upload } from '../files/upload-routes.ts';
import {
  cancelBatch,
  createBatch,
  deleteBatch,
  downloadFile,
  getBatch,
  listBatches,
} from '../jobs/batch-routes.ts';
import { createWebhook, deleteWebhook, getWebhook, listWebhooks } from '../webhooks/webhook-routes.ts';
import type { World } from '../world.ts';
import type { Exchange, Reply } from './exchange.ts';

type Handler = (exchange: Exchange, world: World) => Promise<Reply>;

interface Route {
  /** The name under which the ledger counts it. */
  name: string;
  method: string;
  /** `{name}` matches a part of the path without `/` and `:`. */
  path: string;
  handler: Handler;
  /** Whether a request needs no key: the emulator's own routes, and pieces of an upload, whose URL is secret. */
  keyless?: (query: URLSearchParams) => boolean;
}

const ROUTES: readonly Route[] = [
  {
    name: 'files.upload',
    method: 'POST',
    path: '/upload/{version}/files',
    handler: upload,
    keyless: (query) => query.has('upload_id'),
  },
  { name: 'files.list', method: 'GET', path: '/{version}/files', handler: listFiles },
  { name: 'files.get', method: 'GET', path: '/{version}/files/{id}', handler: getFile },
  { name: 'files.delete', method: 'DELETE', path: '/{version}/files/{id}', handler: deleteFile },
  { name: 'files.download', method: 'GET', path: '/{version}/files/{id}:download', handler: downloadFile },
  {
    name: 'files.download',
    method: 'GET',
    path: '/download/{version}/files/{id}:download',
    handler: downloadFile,
  },
  {
    name: 'batches.create',
    method: 'POST',
    path: '/{version}/models/{model}:batchGenerateContent',
    handler: createBatch,
  },
  { name: 'batches.list', method: 'GET', path: '/{version}/batches', handler: listBatches },
  { name: 'batches.get', method: 'GET', path: '/{version}/batches/{id}', handler: getBatch },
  { name: 'batches.cancel', method: 'POST', path: '/{version}/batches/{id}:cancel', handler: cancelBatch },
  { name: 'batches.delete', method: 'DELETE', path: '/{version}/batches/{id}', handler: deleteBatch },
  { name: 'webhooks.create', method: 'POST', path: '/{version}/webhooks', handler: createWebhook },
  { name: 'webhooks.list', method: 'GET', path: '/{version}/webhooks', handler: listWebhooks },
  { name: 'webhooks.get', method: 'GET', path: '/{version}/webhooks/{id}', handler: getWebhook },
  { name: 'webhooks.delete', method: 'DELETE', path: '/{version}/webhooks/{id}', handler: deleteWebhook },
  {
    name: 'ledger',
    method: 'GET',
    path: '/emulator/ledger',
    handler: async (_, { ledger }) => ({ json: await ledger.read() }),
    keyless: () => true,
  },
  { name: 'faults.get', method: 'GET', path: '/emulator/faults', handler: getFaults, keyless: () => true },
  { name: 'faults.put', method: 'PUT', path: '/emulator/faults', handler: putFaults, keyless: () => true },
];

const COMPILED = ROUTES.map((route) => ({ route, pattern: compile(route.path) }));

/** Finds the route of a request and the values of its placeholders. */
export function findRoute(
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | undefined {
  for (const { route, pattern } of COMPILED) {
    const match = route.method === method ? pattern.exec(path) : null;
    if (match) return { route, params: { ...match.groups } };
  }
  return undefined;
}

function compile(path: string): RegExp {
  const pattern = path
    .replace('{version}', '(?<version>v1|v1beta)')
    .replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>[^/:]+)`);
  return new RegExp(`^${pattern}$`);
}
