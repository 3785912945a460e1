import { z } from 'zod';
import { Count } from './kind.ts';
import { FAULTS, listMatchFields, type Point } from './table.ts';

type KindOf<P extends Point> = keyof (typeof FAULTS)[P] & string;
type ArgsOf<Kind> = Kind extends { args: infer Args extends z.ZodType } ? InputOf<Args> : never;
/** For an object without fields zod's type would forbid all other fields. */
type InputOf<Args extends z.ZodType> = string extends keyof z.input<Args> ? unknown : z.input<Args>;

/** A fault of a plan: its name, `<point>.<kind>`, the arguments of that kind, and when it fires. */
export type Fault = {
  [P in Point]: {
    [K in KindOf<P>]: { fault: `${P}.${K}` } & ArgsOf<(typeof FAULTS)[P][K]> & FaultLimits;
  }[KindOf<P>];
}[Point];

export type FaultName = Fault['fault'];

/** When a fault fires. Without limits it fires every time. */
export interface FaultLimits {
  /** The most times it fires, counted since the plan was set. */
  times?: number;
  /** From 0 to 1. Drawn from the plan's seed, so that the same plan always gives the same result. */
  probability?: number;
  match?: {
    /** A regular expression for the display name of the job or file. */
    name?: string;
    /** A regular expression for the key of a line. */
    key?: string;
    /**
     * Counted from 1, over the targets that match `name` and `key`: the nth request, job or file; for a line, the nth
     * job that has its key.
     */
    nth?: number | number[];
  };
}

/**
 * A fault plan. Of the faults that decide how a request ends, and of those of a line, only the first one that can
 * fires; the others may fire the next time. All other faults are combined, the first one closest to the client.
 */
export interface FaultPlan {
  /** For `probability` and shuffling. Default 0. */
  seed?: number;
  faults: Fault[];
}

/** A fault plan that is not valid. Its message lists all mistakes, one on each line, with their places. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError';

  constructor(mistakes: readonly string[]) {
    super(`The fault plan is not valid:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
  }
}

const Pattern = z.string().refine(isPattern, 'is not a regular expression');
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

/** Splits a fault's name into point and kind. */
export function splitName(name: string): { point: string; kind: string } {
  const [point = '', kind = ''] = name.split('.');
  return { point, kind };
}

function findMistakes(fault: { fault: string }, path: string): string[] {
  const { point, kind } = splitName(fault.fault);
  if (!isPoint(point)) {
    return [
      `${path}.fault: "${fault.fault}" has no known point; known are ${Object.keys(FAULTS).join(', ')}`,
    ];
  }
  const kinds: Readonly<Record<string, { args: z.ZodObject }>> = FAULTS[point];
  const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!known) {
    const names = Object.keys(kinds).map((name) => `${point}.${name}`);
    return [`${path}.fault: "${fault.fault}" is not known; known are ${names.join(', ')}`];
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
    // The caller reports the mistake with its place.
    return false;
  }
}
