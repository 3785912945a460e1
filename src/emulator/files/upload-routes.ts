import { Refusal } from '../http/envelope.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import { CREATE_FILE } from '../http/messages.ts';
import { readFields } from '../http/read-fields.ts';
import type { World } from '../world.ts';
import { checkFileId, type FileRecord, fileResource } from './files.ts';

/** The values of `X-Goog-Upload-Command`; `upload, finalize` is both in one request. */
const COMMANDS: Readonly<Record<string, (exchange: Exchange, world: World) => Promise<Reply>>> = {
  start,
  query,
  upload: (exchange, world) => append(exchange, world, false),
  'upload, finalize': (exchange, world) => append(exchange, world, true),
  finalize: (exchange, world) => append(exchange, world, true),
  cancel,
};

/** Handles Google's resumable protocol: one request starts an upload, then its pieces go to the URL in the answer. */
export async function upload(exchange: Exchange, world: World): Promise<Reply> {
  const command = readUploadCommand(exchange);
  const handler = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!handler) throw new Refusal('INVALID_ARGUMENT', `Unknown X-Goog-Upload-Command: "${command}"`);
  return handler(exchange, world);
}

/** Reads the command in normalised spelling; '' where there is none. */
export function readUploadCommand({ headers }: Pick<Exchange, 'headers'>): string {
  const header = String(headers['x-goog-upload-command'] ?? '');
  return header
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .join(', ');
}

async function start(exchange: Exchange, world: World): Promise<Reply> {
  const { headers } = exchange;
  const body = readFields(await exchange.json(), CREATE_FILE, '') as FileBody;
  const mimeType = String(headers['x-goog-upload-header-content-type'] ?? body.file?.mimeType ?? '');
  const bytes = Number(headers['x-goog-upload-header-content-length'] ?? body.file?.sizeBytes);
  const id = await readChosenId(body, world);
  const started = await world.uploads.start(
    {
      id,
      displayName: body.file?.displayName,
      mimeType: checkMimeType(body.file?.mimeType ?? mimeType),
      faults: world.faults.forFile(body.file?.displayName),
    },
    bytes,
  );
  const url = `${exchange.base}/upload/${exchange.params.version}/files?upload_id=${started.id}&upload_protocol=resumable`;
  return { headers: { 'x-goog-upload-status': 'active', 'x-goog-upload-url': url }, json: {} };
}

async function append(exchange: Exchange, world: World, last: boolean): Promise<Reply> {
  const id = readUploadId(exchange);
  const offset = Number(exchange.headers['x-goog-upload-offset'] ?? 0);
  const file = await world.uploads.append(id, offset, exchange.bytes, last);
  if (!file) return { headers: { 'x-goog-upload-status': 'active' }, json: {} };
  world.ledger.addUpload(file);
  return finalReply(file, exchange.base);
}

/** Returns the state of an upload. A complete upload returns its file, for a client that lost the answer. */
async function query(exchange: Exchange, world: World): Promise<Reply> {
  const { upload, received } = await world.uploads.query(readUploadId(exchange));
  const file = upload.fileId === undefined ? undefined : await world.files.find(upload.fileId);
  const reply = file
    ? finalReply(file, exchange.base)
    : { headers: { 'x-goog-upload-status': upload.status }, json: {} };
  return { ...reply, headers: { ...reply.headers, 'x-goog-upload-size-received': String(received) } };
}

async function cancel(exchange: Exchange, world: World): Promise<Reply> {
  await world.uploads.cancel(readUploadId(exchange));
  return { headers: { 'x-goog-upload-status': 'cancelled' }, json: {} };
}

function finalReply(file: FileRecord, base: string): Reply {
  return { headers: { 'x-goog-upload-status': 'final' }, json: { file: fileResource(file, base) } };
}

function readUploadId({ query }: Exchange): string {
  const id = query.get('upload_id') ?? '';
  if (/^[a-z0-9]+$/.test(id)) return id;
  throw new Refusal('INVALID_ARGUMENT', 'The URL has no upload_id.');
}

interface FileBody {
  file?: { name?: string; displayName?: string; mimeType?: string; sizeBytes?: unknown };
}

async function readChosenId({ file }: FileBody, { files }: World): Promise<string | undefined> {
  if (file?.name === undefined) return undefined;
  const id = checkFileId(file.name.replace(/^files\//, ''));
  if (await files.find(id)) throw new Refusal('ALREADY_EXISTS', `File files/${id} already exists.`);
  return id;
}

/** The types that can be uploaded, by the part before the slash or completely. */
const MIME_TYPES = /^(image|text|audio|video)\/|^application\/(jsonl?|pdf|x-ndjson)$|^jsonl$/;

function checkMimeType(mimeType: string): string {
  if (MIME_TYPES.test(mimeType)) return mimeType;
  throw new Refusal('INVALID_ARGUMENT', `Unsupported MIME type: ${mimeType}`);
}
