import { z } from 'zod';
import { ACTION_KINDS } from '../../contract/answers/actions.ts';
import { ERROR_CODES } from '../../contract/errors.ts';
import { anything, choice, answer as object, optional, text, variants } from '../../contract/rules.ts';
import { PROBLEMS, type Problem, type ProblemCode } from '../../manifest/index.ts';
import { toZod } from '../../schemas/to-zod.ts';

export const manifestProblem = z
  .object({
    file: z.string().meta({ description: 'The name in the request.' }),
    line: z.int().min(0).optional(),
    column: z.int().min(0).optional(),
    key: z.string().optional().meta({ description: 'Key of the item.' }),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]),
    message: z.string(),
    fix: z.string().optional(),
  })
  .meta({
    id: 'ManifestProblem',
    description: 'A problem of a manifest.',
  }) satisfies z.ZodType<Problem>;

const REQUEST = object({
  method: choice(['GET', 'POST']),
  path: text(() => true),
  body: optional(anything(), { description: 'JSON. What the caller has to choose is missing.' }),
});

const withRequest = ACTION_KINDS.map(({ fields }) =>
  object({
    ...fields,
    request: optional(REQUEST, {
      description: 'The request that does it; absent where only whoever runs the API can.',
    }),
  }),
);

/** As in a stop of a batch, with the request that carries it out. */
const httpAction = toZod(
  variants('action', withRequest, { id: 'HttpAction', description: 'Something that can be done next.' }),
);

const problemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(0),
    detail: z.string().meta({ description: 'What happened.' }),
    instance: z.string(),
    code: z.enum(ERROR_CODES),
    fix: z.string().meta({ description: 'What to do, one sentence.' }),
    actions: z.array(httpAction).meta({ description: 'What can be done next, the likeliest first.' }),
    problems: z.array(manifestProblem).optional().meta({ description: 'All problems of a manifest.' }),
    warnings: z.array(manifestProblem).optional(),
  })
  .meta({ id: 'Problem', description: 'An error by RFC 9457, with a code of a closed set.' });

const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is malformed.',
  401: 'The request has no valid token.',
  403: 'The API has no tokens, and the caller is not on this machine. Or the token may not do this.',
  404: 'There is no such batch, or it belongs to another token.',
  409: 'The request is not possible in the current state.',
  413: 'The body is too large.',
  415: 'The type of the body is not supported.',
  422: 'The manifest has problems.',
  429: 'Too many requests.',
  500: 'An internal error occurred.',
  503: 'Temporal, a worker or the store is not available.',
};

/** A JSON response. */
export function answer(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

/** The error responses of a route. */
export function problems(...statuses: (keyof typeof DESCRIPTIONS)[]) {
  const problem = (status: number) => ({
    description: DESCRIPTIONS[status] ?? '',
    content: { 'application/problem+json': { schema: problemDetails } },
  });
  return Object.fromEntries([401, 403, 429, 500, ...statuses].map((status) => [status, problem(status)]));
}

export const batchParams = z.object({
  batchId: z.string().meta({ examples: ['order-4711'] }),
});

/** Any value is accepted here: `readIdempotencyKey` refuses a malformed one with a better message. */
export const idempotent = z.looseObject({
  'idempotency-key': z
    .string()
    .optional()
    .meta({
      description:
        'Names the request: sent again with the same key it is carried out once. Another request with the same key is refused (409). 1 to 200 visible ASCII characters.',
      examples: ['4711-1'],
    }),
});
