import type { FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type ErrorCode, HummingbatchError } from '../contract/index.ts';
import { clip } from '../contract/text.ts';
import type { Problem } from '../manifest/index.ts';
import { type HttpAction, toHttpAction } from './action-requests.ts';

/** The HTTP status of each error. All others are 500: faults of hummingbatch, or of the services behind it. */
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
  'request-limit': 429,
  'approval-required': 409,
  'approval-refused': 409,
  'over-budget': 409,
  'store-behind': 409,
  'too-large': 413,
  'timed-out': 408,
  busy: 503,
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
  internal: 'An internal error occurred.',
  'store-missing': 'The store is not available.',
  'store-unwritable': 'The store cannot be written.',
  'store-corrupt': 'A file of the store is damaged.',
  'store-behind': 'The store has lost something of this batch.',
  'disk-full': 'The disk of the store is full.',
};

/** An error as RFC 9457 defines it, with our code and what to do. */
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
  /** All problems of a manifest, as `validate` gives them. */
  problems?: readonly Problem[];
  warnings?: readonly Problem[];
}

/** A manifest that was refused, with all of its problems. */
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

/** The one place where an error becomes a response. The message of an unexpected error is logged and not sent. */
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

/** The status of Fastify's own errors: 404, 405, 406, 413, 415. */
function readStatus(error: unknown): number | undefined {
  if (error instanceof HummingbatchError || !(error instanceof Error)) return undefined;
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function fromFramework(error: unknown): HummingbatchError {
  const status = readStatus(error);
  if (status === 413) return tooLarge(error);
  if (hasZodFastifySchemaValidationErrors(error)) return describeMismatch(error);
  if (status !== undefined)
    return new HummingbatchError('usage', sentence((error as Error).message), { fix: SEE_DOCS });
  return new HummingbatchError('internal', String(error), {
    fix: 'Send the request again. If it fails again, the log of the API has the cause.',
    actions: [],
    cause: error,
  });
}

const PARTS: Record<string, string> = {
  querystring: 'The parameter',
  params: 'The path',
  headers: 'The header',
  body: 'The field',
};

/** The first mismatch between a request and the schema of its route, with its place. */
function describeMismatch({ validation, validationContext = 'body' }: Mismatch): HummingbatchError {
  const [first] = validation;
  const place = first?.instancePath.slice(1).replaceAll('/', '.');
  const subject = place ? `${PARTS[validationContext]} ${place}` : `The ${validationContext}`;
  return new HummingbatchError('usage', `${subject} is invalid: ${sentence(first?.message ?? '')}`, {
    fix: SEE_DOCS,
  });
}

interface Mismatch {
  validation: readonly { instancePath: string; message?: string }[];
  validationContext?: string;
}

export const SEE_DOCS = 'See /docs, or /openapi.json.';

/** An error with an HTTP status of its own, like Fastify's. */
export function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

/** Without the query, which may hold private data of the caller. */
export function requestPath({ url }: FastifyRequest): string {
  return url.replace(/\?.*/s, '');
}

export function noSuchRoute(request: FastifyRequest): HummingbatchError {
  return new HummingbatchError('not-found', `There is no route ${request.method} ${requestPath(request)}.`, {
    fix: 'Check the method and the path. The page /docs shows all routes.',
    actions: [{ action: 'help' }],
  });
}

export function tooLarge(cause?: unknown, fix?: string): HummingbatchError {
  return new HummingbatchError('too-large', 'The body of the request is too large.', {
    ...(fix && { fix }),
    cause,
  });
}

/** Makes a sentence of Fastify's `body/maxCostUsd must be a number`. */
function sentence(text: string): string {
  return clip(`${text.slice(0, 1).toUpperCase()}${text.slice(1).replace(/\.?$/, '.')}`, 500);
}

function formatTitle(code: ErrorCode): string {
  const words = code.replaceAll('-', ' ');
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
