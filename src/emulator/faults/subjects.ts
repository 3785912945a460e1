import type { Exchange } from '../http/exchange.ts';
import type { World } from '../world.ts';
import type { RequestPoint } from './table.ts';

/** A request that faults can strike, and the display name of what it is about. */
export interface Subject {
  point: RequestPoint;
  findName: (exchange: Exchange, world: World) => Promise<string | undefined>;
}

const PIECE: Subject = { point: 'upload', findName: nameOfUpload };

/** By the label under which the ledger counts the request. The rest of the requests, such as the ledger's own, go well. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  'batches.create': { point: 'create', findName: async ({ json }) => displayNameIn(await json(), 'batch') },
  'batches.get': { point: 'get', findName: nameOfJob },
  'batches.list': { point: 'list', findName: async () => undefined },
  'batches.cancel': { point: 'cancel', findName: nameOfJob },
  'batches.delete': { point: 'delete', findName: nameOfJob },
  'files.upload (start)': {
    point: 'upload-start',
    findName: async ({ json }) => displayNameIn(await json(), 'file'),
  },
  'files.upload (upload)': PIECE,
  'files.upload (upload, finalize)': PIECE,
  'files.upload (finalize)': PIECE,
  'files.upload (query)': { point: 'upload-query', findName: nameOfUpload },
  'files.get': {
    point: 'file-get',
    findName: async ({ params }, { files }) => (await files.find(params.id ?? ''))?.displayName,
  },
  'files.download': { point: 'download', findName: nameOfJob },
};

async function nameOfJob({ params: { id = '' } }: Exchange, { jobs }: World): Promise<string | undefined> {
  return (await jobs.find(id.replace(/^batch-/, '')))?.displayName;
}

async function nameOfUpload({ query }: Exchange, { uploads }: World): Promise<string | undefined> {
  return uploads.findName(query.get('upload_id') ?? '');
}

/** Of a body that nobody has checked yet. */
function displayNameIn(body: unknown, field: 'batch' | 'file'): string | undefined {
  const inner = (body as Record<string, Record<string, unknown> | null | undefined> | null)?.[field];
  const name = inner?.displayName ?? inner?.display_name;
  return typeof name === 'string' ? name : undefined;
}
