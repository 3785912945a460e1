import { createHash } from 'node:crypto';
import { type FaultLimits, type FaultName, type FaultPlan, splitName } from './plan.ts';
import type { Point } from './table.ts';

/** A fault of a plan with its counters. */
export interface ArmedFault<Action> {
  name: FaultName;
  action: Action;
  /** See the fault's kind. */
  isFinal: boolean;
  /**
   * Counts a target. Whether the fault fires is decided later, because an earlier fault of the plan may end the request
   * first.
   */
  count(target: FaultTarget): Draw;
}

/** A job, file, line or request that a fault can affect. */
export interface FaultTarget {
  /** Display name of the job or file. */
  name?: string | undefined;
  /** The key of a line; lines are counted by key. */
  key?: string | undefined;
}

export interface Draw {
  fires(): boolean;
  /** Hex; always the same for the same plan and target. */
  random: string;
}

/** Arms the faults of a plan at one point, in their order, with all counts at 0. */
export function armFaults<Action>(
  { seed = 0, faults }: FaultPlan,
  point: Point,
  kinds: Readonly<Record<string, { bind(args: unknown): Action; isFinal?: true }>>,
): ArmedFault<Action>[] {
  return faults.flatMap((fault, index) => {
    const parts = splitName(fault.fault);
    const kind = parts.point === point ? kinds[parts.kind] : undefined;
    return kind
      ? [
          {
            name: fault.fault,
            action: kind.bind(fault),
            isFinal: kind.isFinal === true,
            count: createCounter(fault, `${seed} ${index}`),
          },
        ]
      : [];
  });
}

const NEVER: Draw = { fires: () => false, random: '' };

function createCounter(
  { times = Number.POSITIVE_INFINITY, probability = 1, match = {} }: FaultLimits,
  salt: string,
) {
  const { name, key, nth } = match;
  const counts = new Map<string, number>();
  let left = times;
  return (target: FaultTarget): Draw => {
    if (!matches(name, target.name) || !matches(key, target.key)) return NEVER;
    const subject = target.key ?? '';
    const count = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, count);
    const hash = createHash('sha256').update(`${salt} ${count} ${subject}`).digest();
    const due =
      (nth === undefined || [nth].flat().includes(count)) && hash.readUInt32BE() / 2 ** 32 < probability;
    return {
      random: hash.toString('hex'),
      fires() {
        if (!due || left === 0) return false;
        left -= 1;
        return true;
      },
    };
  };
}

function matches(pattern: string | undefined, text: string | undefined): boolean {
  return pattern === undefined || (text !== undefined && new RegExp(pattern, 'u').test(text));
}
