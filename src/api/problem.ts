import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type ErrorCode, HummingbatchError } from '../contract/index.ts';
import type { Problem } from '../manifest/index.ts';
import { type HttpAction, toHttpAction } from './action-requests.ts';

/** The HTTP status of an error. What is not named here is a fault of ours, or of what stands behind us. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  'manifest-invalid': 422,
  unauthorized: 401,
  forbidden: 403,
  'webhook-invalid': 401,
  'invalid-response': 400,
  'batch-unknown': 404,
  'not-found': 404,
  'batch-conflict': 409,
  'request-conflict': 409,
  'wrong-state': 409,
  'approval-required': 409,
  'approval-refused': 409,
  'over-budget': 409,
  'too-large': 413,
  'reference-unreachable': 422,
  'rate-limited': 429,
  aborted: 503,
  'no-temporal': 503,
  'no-worker': 503,
  'wrong-worker': 503,
  'store-missing': 503,
  'store-unwritable': 503,
  'disk-full': 507,
};

/** Answered in place of messages for operators: they name folders, or may name anything. */
const PUBLIC_DETAILS: Partial<Record<ErrorCode, string>> = {
  internal: 'Something went wrong here.',
  'store-missing': 'The store is away.',
  'store-unwritable': 'The store cannot be written.',
  'store-corrupt': 'A file of the store is not what it was.',
  'disk-full': 'The disk of the store is full.',
};

/** What went wrong, as RFC 9457 has it, with our code and what to do. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ErrorCode;
  fix: string;
  /** What can be done next, the likeliest first. */
  actions: readonly HttpAction[];
  /** Of a manifest: all of its problems, as `validate` gives them. */
  problems?: readonly Problem[];
  warnings?: readonly Problem[];
}

/** A manifest that was refused, with everything that is wrong with it. */
export class InvalidManifest extends HummingbatchError {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];

  constructor(problems: readonly Problem[], warnings: readonly Problem[]) {
    const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    super('manifest-invalid', `The manifest has ${count}.`, { fix: 'Fix those listed in `problems`.' });
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** The one place where an error becomes an answer. What nobody made a code for is told without its words. */
export function toProblem(error: unknown, instance: string): ProblemDetails {
  const known = error instanceof HummingbatchError ? error : fromFramework(error);
  const { code, message, fix, actions } = known;
  return {
    type: `urn:hummingbatch:error:${code}`,
    title: formatTitle(code),
    status: readStatus(error) ?? STATUS[code] ?? 500,
    detail: PUBLIC_DETAILS[code] ?? message,
    instance,
    code,
    fix: fix,
    actions: actions.map(toHttpAction),
    ...(known instanceof InvalidManifest && { problems: known.problems, warnings: known.warnings }),
  };
}

/** Of Fastify's own refusals, that have one: 404, 405, 406, 413, 415. */
function readStatus(error: unknown): number | undefined {
  if (error instanceof HummingbatchError || !(error instanceof Error)) return undefined;
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function fromFramework(error: unknown): HummingbatchError {
  const status = readStatus(error);
  if (status === 413) return tooLarge(error);
  if (hasZodFastifySchemaValidationErrors(error)) return misfit(error);
  if (status !== undefined)
    return new HummingbatchError('usage', sentence((error as Error).message), { fix: SEE_DOCS });
  return new HummingbatchError('internal', String(error), {
    fix: 'The log of this API says what; a request sent again may succeed.',
    cause: error,
  });
}

const PARTS: Record<string, string> = {
  querystring: 'The parameter',
  params: 'The path',
  headers: 'The header',
  body: 'The field',
};

/** What the schema of a route has against a request: the first thing, with its place. */
function misfit({ validation, validationContext = 'body' }: Misfit): HummingbatchError {
  const [first] = validation;
  const place = first?.instancePath.slice(1).replaceAll('/', '.');
  const where = place ? `${PARTS[validationContext]} ${place}` : `The ${validationContext}`;
  return new HummingbatchError('usage', `${where} cannot be read: ${sentence(first?.message ?? '')}`, {
    fix: SEE_DOCS,
  });
}

interface Misfit {
  validation: readonly { instancePath: string; message?: string }[];
  validationContext?: string;
}

export const SEE_DOCS = 'See /docs, or /openapi.json.';

/** A refusal that has a status of HTTP's own, as Fastify's have. */
export function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

export function tooLarge(cause?: unknown): HummingbatchError {
  return new HummingbatchError('too-large', 'The body of the request is too large.', { cause });
}

/** `body/maxCostUsd must be a number` of Fastify's, as a sentence. */
function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1).replace(/\.?$/, '.')}`.slice(0, 500);
}

function formatTitle(code: ErrorCode): string {
  const words = code.replaceAll('-', ' ');
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
