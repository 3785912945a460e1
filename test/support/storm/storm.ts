import type { Fault } from '../../../src/emulator/index.ts';
import { pick, seeded } from '../seeded.ts';

/** Files of a batch, in the order in which they appear. */
export const MOMENTS = {
  identity: /identity\.json$/,
  staged: /rounds\/1\/staged\.json$/,
  permit: /rounds\/1\/permits\/1\.json$/,
  answer: /rounds\/1\/permits\/\d+\.answer\.json$/,
  collected: /rounds\/1\/collected\.json$/,
} as const;
export type Moment = keyof typeof MOMENTS;

const NAMES = Object.keys(MOMENTS) as Moment[];
const HOUR = 3_600_000;
/** How wrong the clock of a worker is. */
const SKEWS_MS = [0, 0, -72 * HOUR, -HOUR, -20_000, 20_000, HOUR, 72 * HOUR];

/** What a seed determines. */
export interface Storm {
  seed: number;
  faults: Fault[];
  /** The clocks of the first worker, and of the one that follows when the first is killed, ms ahead. */
  skewsMs: [first: number, second: number];
  /** When the first worker is killed. */
  kill: Moment;
  /** The files of this moment replace those that the killed worker leaves. */
  restored?: Moment;
  cancelled?: Moment;
  /** The budget, in rounds at their worst case. */
  rounds: number;
}

export function buildStorm(seed: number): Storm {
  const random = seeded(seed);
  const chance = (share: number) => random() < share;
  const lost = 1 + Math.floor(random() * 3);
  const faults: Fault[] = [
    ...(chance(0.6) ? [{ fault: 'create.answer-lost', times: lost } as const] : []),
    ...(chance(0.6) ? [{ fault: 'job.unlisted', afterMs: Math.floor(random() * 2_000) } as const] : []),
    ...(chance(0.3) ? [{ fault: 'list.refuse', status: 'UNAVAILABLE', times: 2 } as const] : []),
    ...(chance(0.4) ? [{ fault: 'job.deaf', forMs: 3_000 } as const] : []),
    ...(chance(0.4) ? [{ fault: 'line.error', code: 13, probability: 0.3 } as const] : []),
  ];
  const kill = pick(random, NAMES);
  const before = NAMES.slice(0, NAMES.indexOf(kill));
  return {
    seed,
    faults,
    skewsMs: [pick(random, SKEWS_MS), pick(random, SKEWS_MS)],
    kill,
    ...(before.length > 0 && chance(0.6) && { restored: pick(random, before) }),
    ...(chance(0.25) && { cancelled: pick(random, NAMES) }),
    rounds: 1 + random() * 3,
  };
}

/** Describes a storm for messages. */
export function describeStorm({ seed, faults, skewsMs, kill, restored, cancelled, rounds }: Storm): string {
  const hours = skewsMs.map((ms) => `${(ms / HOUR).toFixed(2)} h`).join(' and ');
  return [
    `seed ${seed}: killed after ${kill}`,
    ...(restored ? [`restored to ${restored}`] : []),
    ...(cancelled ? [`cancelled after ${cancelled}`] : []),
    `clocks ahead by ${hours}`,
    `a budget of ${rounds.toFixed(1)} rounds`,
    ...faults.map(({ fault }) => fault),
  ].join(', ');
}
