import type { Exchange } from '../http/exchange.ts';
import type { World } from '../world.ts';
import type { RequestTarget } from './book.ts';
import type { RequestPoint } from './table.ts';

interface Subject {
  point: RequestPoint;
  findName: (exchange: Exchange, world: World) => Promise<string | undefined>;
}

const UPLOAD_PIECE: Subject = { point: 'upload', findName: findUploadName };

/**
 * By the label under which the ledger counts a request. No fault affects other requests, such as those for the ledger.
 */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  'batches.create': { point: 'create', findName: async ({ json }) => readDisplayName(await json(), 'batch') },
  'batches.get': { point: 'get', findName: findJobName },
  'batches.list': { point: 'list', findName: async () => undefined },
  'batches.cancel': { point: 'cancel', findName: findJobName },
  'batches.delete': { point: 'delete', findName: findJobName },
  'files.upload (start)': {
    point: 'upload-start',
    findName: async ({ json }) => readDisplayName(await json(), 'file'),
  },
  'files.upload (upload)': UPLOAD_PIECE,
  'files.upload (upload, finalize)': UPLOAD_PIECE,
  'files.upload (finalize)': UPLOAD_PIECE,
  'files.upload (query)': { point: 'upload-query', findName: findUploadName },
  'files.get': {
    point: 'file-get',
    findName: async ({ params }, { files }) => (await files.find(params.id ?? ''))?.displayName,
  },
  'files.download': { point: 'download', findName: findJobName },
};

/** The target of a request for the fault plan; undefined for a request that no fault affects. */
export function findFaultTarget(label: string, exchange: Exchange, world: World): RequestTarget | undefined {
  const subject = Object.hasOwn(SUBJECTS, label) ? SUBJECTS[label] : undefined;
  return subject && { point: subject.point, findName: () => subject.findName(exchange, world) };
}

async function findJobName({ params: { id = '' } }: Exchange, { jobs }: World): Promise<string | undefined> {
  return (await jobs.find(id.replace(/^batch-/, '')))?.displayName;
}

async function findUploadName({ query }: Exchange, { uploads }: World): Promise<string | undefined> {
  return uploads.findName(query.get('upload_id') ?? '');
}

/** Reads the display name from a body that is not validated yet. */
function readDisplayName(body: unknown, field: 'batch' | 'file'): string | undefined {
  const inner = (body as Record<string, Record<string, unknown> | null | undefined> | null)?.[field];
  const name = inner?.displayName ?? inner?.display_name;
  return typeof name === 'string' ? name : undefined;
}
