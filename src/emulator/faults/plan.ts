import { z } from 'zod';
import { Count } from './kind.ts';
import { FAULTS, listMatchFields, type Point } from './table.ts';

type KindOf<P extends Point> = keyof (typeof FAULTS)[P] & string;
type ArgsOf<Kind> = Kind extends { args: infer Args extends z.ZodType } ? InputOf<Args> : never;
/** Of an object without fields zod's type would forbid all others. */
type InputOf<Args extends z.ZodType> = string extends keyof z.input<Args> ? unknown : z.input<Args>;

/** A fault of a plan: its name, `<point>.<kind>`, the arguments of that kind, and when it strikes. */
export type Fault = {
  [P in Point]: {
    [K in KindOf<P>]: { fault: `${P}.${K}` } & ArgsOf<(typeof FAULTS)[P][K]> & FaultLimits;
  }[KindOf<P>];
}[Point];

export type FaultName = Fault['fault'];

/** When a fault strikes; it strikes whenever it can where nothing is said. */
export interface FaultLimits {
  /** At most so often, from when the plan is set. */
  times?: number;
  /** From 0 to 1; drawn from the plan's seed, so that the same plan always draws the same. */
  probability?: number;
  match?: {
    /** A regular expression for the display name of the job or file. */
    name?: string;
    /** A regular expression for the key of a line. */
    key?: string;
    /**
     * Counted from 1, over what `name` and `key` let through: the nth request, job or file; of a line the nth job that
     * holds its key.
     */
    nth?: number | number[];
  };
}

/**
 * What goes wrong, and when. Of the faults that decide how a request ends, and of those of a line, the first that can
 * strikes, and leaves the others to the next time; the rest add up, the first nearest to the client.
 */
export interface FaultPlan {
  /** For `probability`, and for what is shuffled. Default 0. */
  seed?: number;
  faults: Fault[];
}

/** A plan that cannot be read; its message has all mistakes, each on a line with its place. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError';

  constructor(mistakes: readonly string[]) {
    super(`The fault plan cannot be read:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
  }
}

const Pattern = z.string().refine(isPattern, 'is no regular expression');
const Nth = z.int().min(1);
const PLAN = z.strictObject({
  seed: z.int().optional(),
  faults: z.array(z.looseObject({ fault: z.string() })),
});

/** @throws FaultPlanError */
export function readFaultPlan(value: unknown): FaultPlan {
  const plan = PLAN.safeParse(value);
  if (!plan.success) throw new FaultPlanError(listMistakes(plan.error, ''));
  const mistakes = plan.data.faults.flatMap((fault, index) => findMistakes(fault, `faults[${index}]`));
  if (mistakes.length > 0) throw new FaultPlanError(mistakes);
  return value as FaultPlan;
}

/** The two halves of a fault's name. */
export function splitName(name: string): { point: string; kind: string } {
  const [point = '', kind = ''] = name.split('.');
  return { point, kind };
}

function findMistakes(fault: { fault: string }, path: string): string[] {
  const { point, kind } = splitName(fault.fault);
  if (!isPoint(point)) {
    return [`${path}.fault: "${fault.fault}" is at no point; there are ${Object.keys(FAULTS).join(', ')}`];
  }
  const kinds: Readonly<Record<string, { args: z.ZodObject }>> = FAULTS[point];
  const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!known) {
    const names = Object.keys(kinds).map((name) => `${point}.${name}`);
    return [`${path}.fault: there is no "${fault.fault}"; there are ${names.join(', ')}`];
  }
  const read = known.args.extend(limitFields(point)).strict().safeParse(fault);
  return read.success ? [] : listMistakes(read.error, path);
}

function limitFields(point: Point) {
  const patterns = Object.fromEntries(listMatchFields(point).map((name) => [name, Pattern.optional()]));
  return {
    fault: z.string(),
    times: Count.optional(),
    probability: z.number().min(0).max(1).optional(),
    match: z.strictObject({ ...patterns, nth: z.union([Nth, z.array(Nth)]).optional() }).optional(),
  };
}

function listMistakes(error: z.ZodError, path: string): string[] {
  return error.issues.map((issue) => {
    const place = issue.path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('');
    const at = (path + place).replace(/^\./, '');
    return at === '' ? issue.message : `${at}: ${issue.message}`;
  });
}

function isPoint(name: string): name is Point {
  return Object.hasOwn(FAULTS, name);
}

function isPattern(text: string): boolean {
  try {
    return Boolean(new RegExp(text, 'u'));
  } catch {
    // The mistake is told with its place.
    return false;
  }
}
