import { createHash } from 'node:crypto';
import { type FaultLimits, type FaultName, type FaultPlan, splitName } from './plan.ts';
import type { Point } from './table.ts';

/** A fault of a plan, ready to strike. */
export interface Armed<Does> {
  name: FaultName;
  does: Does;
  /** See the kind. */
  ends: boolean;
  /** Counts an occasion. Whether it strikes is asked when its turn comes: a fault before it may leave it nothing to do. */
  meet(occasion: Occasion): Chance;
}

/** Something that a fault could strike. */
export interface Occasion {
  /** Display name of the job or file. */
  name?: string | undefined;
  /** Of a line: it is counted by its key. */
  key?: string | undefined;
}

export interface Chance {
  strikes(): boolean;
  /** Always the same for the same plan and occasion. */
  random: string;
}

/** The faults of a plan at one point, in their order, with nothing counted yet. */
export function arm<Does>(
  { seed = 0, faults }: FaultPlan,
  point: Point,
  kinds: Readonly<Record<string, { bind(args: unknown): Does; ends?: true }>>,
): Armed<Does>[] {
  return faults.flatMap((fault, index) => {
    const parts = splitName(fault.fault);
    const kind = parts.point === point ? kinds[parts.kind] : undefined;
    return kind
      ? [
          {
            name: fault.fault,
            does: kind.bind(fault),
            ends: kind.ends === true,
            meet: counter(fault, `${seed} ${index}`),
          },
        ]
      : [];
  });
}

const NEVER: Chance = { strikes: () => false, random: '' };

function counter(
  { times = Number.POSITIVE_INFINITY, probability = 1, match = {} }: FaultLimits,
  salt: string,
) {
  const { name, key, nth } = match;
  const counts = new Map<string, number>();
  let left = times;
  return (occasion: Occasion): Chance => {
    if (!fits(name, occasion.name) || !fits(key, occasion.key)) return NEVER;
    const subject = occasion.key ?? '';
    const count = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, count);
    const hash = createHash('sha256').update(`${salt} ${count} ${subject}`).digest();
    const due =
      (nth === undefined || [nth].flat().includes(count)) && hash.readUInt32BE() / 2 ** 32 < probability;
    return {
      random: hash.toString('hex'),
      strikes() {
        if (!due || left === 0) return false;
        left -= 1;
        return true;
      },
    };
  };
}

function fits(pattern: string | undefined, text: string | undefined): boolean {
  return pattern === undefined || (text !== undefined && new RegExp(pattern, 'u').test(text));
}
