import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { clip } from '../contract/text.ts';
import { probeReader } from '../images/byte-probe.ts';
import { probeImageFile } from '../images/probe.ts';
import { detectFormat, type ManifestFormat, type WholeFormat } from '../manifest/formats/index.ts';
import { MAX_MANIFEST_BYTES } from '../manifest/limits.ts';
import type { Content } from '../manifest/read-tree.ts';
import { normalisePath, type SentFile } from '../manifest/sent.ts';
import type { Staged, Store } from '../store/store.ts';
import type { Incoming } from './bodies.ts';
import { MAX_BODY_BYTES, MAX_TEXT_PART_BYTES } from './limits.ts';
import { tooLarge } from './problem.ts';
import { untilAborted } from './until-aborted.ts';

const SEND_AS_FILE = `Send a manifest of more than ${MAX_TEXT_PART_BYTES / 1024 ** 2} MiB as a file: \`-F manifest=@FILE\` with curl.`;

/** A reference from a request. Its bytes are in the store, without a key yet. */
export interface StagedFile extends SentFile {
  staged: Staged;
}

/** A manifest from a request, with its base and its references. */
export interface ManifestRequest {
  manifest: Content;
  /** Everything but name and items, for a manifest in JSONL or CSV. */
  base?: Content<WholeFormat>;
  files: readonly StagedFile[];
}

/** Content types of a body that is a manifest. */
export const MANIFEST_TYPES: Readonly<Record<string, WholeFormat>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
};

const SEND_MANIFEST =
  'Send the manifest as application/json or application/yaml, or as the part `manifest` of multipart/form-data. Each reference is a part with the name that the manifest uses for it.';

/**
 * Reads a manifest request and passes it to `act`. References are streamed into the store, one chunk in memory at a time.
 * Those that `act` does not keep are deleted after it.
 */
export async function withManifestRequest<T>(
  request: FastifyRequest,
  store: Store,
  act: (parsed: ManifestRequest) => Promise<T>,
): Promise<T> {
  const staged: Staged[] = [];
  const stage = async (data: AsyncIterable<Uint8Array>): Promise<Staged> => {
    const value = await store.stage(data);
    staged.push(value);
    return value;
  };
  try {
    return await act(request.isMultipart() ? await readParts(request, stage) : readWhole(request));
  } finally {
    for (const value of staged) await value.discard();
  }
}

type Stage = (data: AsyncIterable<Uint8Array>) => Promise<Staged>;

function readWhole(request: FastifyRequest): ManifestRequest {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const format = MANIFEST_TYPES[type];
  if (!format || !Buffer.isBuffer(request.body)) throw malformed('The request has no manifest.');
  return { manifest: { file: `manifest.${format}`, format, content: request.body }, files: [] };
}

async function readParts(request: FastifyRequest, stage: Stage): Promise<ManifestRequest> {
  const files: StagedFile[] = [];
  const texts: Partial<Record<'manifest' | 'base', Content>> = {};
  const names = new Set<string>();
  let bytes = 0;
  const { incoming } = request;
  for await (const part of readForm(request.parts(), incoming)) {
    const name = normalisePath(part.fieldname);
    if (names.has(name)) throw malformed(`Two parts have the name "${clip(name, 200)}".`);
    names.add(name);
    if (name === 'manifest' || name === 'base') texts[name] = await readText(part, name, incoming);
    else files.push(await readFile(part, name, stage, incoming));
    bytes += files.at(-1)?.staged.bytes ?? 0;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
  }
  const { manifest, base } = texts;
  if (!manifest) throw malformed('The request has no part "manifest".');
  if (base && base.format !== 'yaml' && base.format !== 'json')
    throw malformed('A base cannot be JSONL or CSV.');
  return { manifest, ...(base && { base: base as Content<WholeFormat> }), files };
}

async function readText(
  part: MultipartFile | MultipartValue,
  name: string,
  incoming: Incoming | undefined,
): Promise<Content> {
  if (part.type === 'field') {
    const content = typeof part.value === 'string' ? part.value : JSON.stringify(part.value);
    if (part.valueTruncated) throw tooLarge(undefined, SEND_AS_FILE);
    return { file: name, format: formatOfType(part.mimetype) ?? formatOfText(content), content };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readForm<Uint8Array>(part.file, incoming)) {
    incoming?.keep(chunk.length);
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks);
  if (part.file.truncated || content.length > MAX_MANIFEST_BYTES) throw tooLarge();
  const format =
    detectFormat(part.filename) ??
    formatOfType(part.mimetype) ??
    formatOfText(content.toString('utf8', 0, 1000));
  return { file: part.filename || name, format, content };
}

function formatOfType(type = ''): ManifestFormat | undefined {
  return MANIFEST_TYPES[type.toLowerCase()];
}

/** The format of a text without a file name. YAML parsers read JSON too, but need eight times the memory. */
function formatOfText(text: string): ManifestFormat {
  return text.trimStart().startsWith('{') ? 'json' : 'yaml';
}

async function readFile(
  part: MultipartFile | MultipartValue,
  name: string,
  stage: Stage,
  incoming: Incoming | undefined,
): Promise<StagedFile> {
  if (part.type === 'field') throw malformed(`The part "${clip(name, 200)}" is not a file.`);
  // Fastify cuts a file at its limit, which is larger than the limit of a reference, so the probe refuses it.
  const staged = await stage(readForm<Uint8Array>(part.file, incoming));
  const probe = await probeReader((at, length) => staged.read(at, length), probeImageFile(staged.bytes));
  return { name, sha256: staged.sha256, probe, staged };
}

/** Reads a form, or a file in one, until it stalls. Its errors are the sender's: 400. */
async function* readForm<Chunk>(
  chunks: AsyncIterable<Chunk>,
  incoming: Incoming | undefined,
): AsyncGenerator<Chunk> {
  try {
    yield* incoming ? untilAborted(chunks, incoming.stalled) : chunks;
  } catch (error) {
    // Our own, and Fastify's, which name the limit that was reached.
    if (error instanceof HummingbatchError || (error instanceof Error && 'statusCode' in error)) throw error;
    throw malformed('The form is cut off or malformed.', error);
  }
}

function malformed(message: string, cause?: unknown): HummingbatchError {
  return new HummingbatchError('usage', message, { fix: SEND_MANIFEST, cause });
}
