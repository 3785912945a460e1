import { z } from 'zod';
import { ERROR_CODES } from '../../contract/errors.ts';
import { PROBLEMS, type Problem, type ProblemCode } from '../../manifest/index.ts';
import { ACTION_KINDS } from '../../schemas/actions.ts';

export const manifestProblem = z
  .object({
    file: z.string().meta({ description: 'As it was sent.' }),
    line: z.int().min(0).optional(),
    column: z.int().min(0).optional(),
    key: z.string().optional().meta({ description: 'Of the item.' }),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]),
    message: z.string(),
    fix: z.string().optional(),
  })
  .meta({
    id: 'ManifestProblem',
    description: 'One thing that is wrong with a manifest.',
  }) satisfies z.ZodType<Problem>;

const request = z.object({
  method: z.enum(['GET', 'POST']),
  path: z.string(),
  body: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'JSON. What the caller has to choose is missing.' }),
});

/** As in a stop of a batch, with the request that carries it out. */
const httpAction = z
  .discriminatedUnion('action', addRequest(ACTION_KINDS))
  .meta({ id: 'HttpAction', description: 'Something that can be done next.' });

/** The kinds of action with a field more. */
function addRequest(kinds: typeof ACTION_KINDS): readonly [z.ZodObject, ...z.ZodObject[]] {
  const described = request.optional().meta({
    description: 'The request that does it; absent where only whoever runs the API can.',
  });
  const [first, ...rest] = kinds.map((kind) => kind.extend({ request: described }) as unknown as z.ZodObject);
  return [first as z.ZodObject, ...rest];
}

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
    problems: z.array(manifestProblem).optional().meta({ description: 'Of a manifest: all of them.' }),
    warnings: z.array(manifestProblem).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong: RFC 9457, with a code of a closed set.' });

const WHAT: Record<number, string> = {
  400: 'The request cannot be read.',
  401: 'No valid token.',
  403: 'Without tokens: the caller is not on this machine.',
  404: 'There is no such batch, or it is another token’s.',
  409: 'It makes no sense as things stand.',
  413: 'The body is too large.',
  415: 'The body is of a type that is not read.',
  422: 'The manifest has problems.',
  429: 'Too many requests.',
  500: 'Something went wrong here.',
  503: 'Temporal, a worker or the store is away.',
};

/** An answer of JSON. */
export function answer(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

/** The answers of a route that are problems. */
export function problems(...statuses: (keyof typeof WHAT)[]) {
  const problem = (status: number) => ({
    description: WHAT[status] ?? '',
    content: { 'application/problem+json': { schema: problemDetails } },
  });
  return Object.fromEntries([401, 403, 429, 500, ...statuses].map((status) => [status, problem(status)]));
}

export const batchParams = z.object({
  batchId: z
    .string()

    .meta({ examples: ['order-4711'] }),
});

/** Anything: {@link readIdempotencyKey} says what is wrong with it. */
export const idempotent = z.looseObject({
  'idempotency-key': z
    .string()
    .optional()
    .meta({
      description:
        'Names the request: sent again with the same key it happens once. With something else it is refused (409). 1 to 200 visible ASCII characters.',
      examples: ['4711-1'],
    }),
});
