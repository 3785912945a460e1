import type { Fault } from '../../../src/emulator/index.ts';
import { pick, seeded } from '../seeded.ts';

/** Who has the batch: `run` with a worker and a server of its own, or a worker process on a server of somebody else's. */
export type Manner = 'own' | 'served';
export type Victim = 'worker' | 'run' | 'server' | 'run and server';

const VICTIMS: Record<Manner, readonly Victim[]> = {
  own: ['run', 'server', 'run and server'],
  served: ['worker'],
};

/**
 * Files by which a batch's progress shows, in the order of its life. Kills strike a random time after one of them, so
 * that short steps are hit as often as the long sleep between two checks.
 */
export const LANDMARKS = {
  call: /^/,
  manifest: /manifest\.json$/,
  begun: /begun\.json$/,
  staged: /rounds\/1\/staged\.json$/,
  permit: /rounds\/1\/permits\/1\.json$/,
  answer: /rounds\/1\/permits\/1\.answer\.json$/,
  'first checkpoint': /rounds\/1\/collect\/[^/]+\/000001\.json$/,
  'second checkpoint': /rounds\/1\/collect\/[^/]+\/000002\.json$/,
  collected: /rounds\/1\/collected\.json$/,
  'permit of round 2': /rounds\/2\/permits\/1\.json$/,
  'collected round 2': /rounds\/2\/collected\.json$/,
  results: /results\.jsonl$/,
} as const;
export type Landmark = keyof typeof LANDMARKS;

const IN_ORDER = Object.keys(LANDMARKS) as Landmark[];
const MAX_KILLS = 3;
/** The longest step of a batch on an idle machine takes about as long. */
const LATEST_MS = 2_500;

export interface Kill {
  victim: Victim;
  after: Landmark;
  ms: number;
}

/** What a seed decides. */
export interface Trial {
  seed: number;
  profile: Manner;
  kills: Kill[];
  faults: Fault[];
}

/** Mild ones, which the batch outlives within seconds; what faults alone do is tested elsewhere. */
const FAULTS: readonly Fault[] = [
  { fault: 'create.answer-slow', ms: 700, times: 1 },
  { fault: 'create.answer-lost', times: 1 },
  { fault: 'upload.reset', afterBytes: 1_000, times: 1 },
  { fault: 'get.refuse', status: 'UNAVAILABLE', times: 1 },
  { fault: 'download.broken', afterBytes: 5_000_000, times: 1 },
];

export function buildTrial(seed: number): Trial {
  const random = seeded(seed);
  const profile = random() < 0.6 ? 'own' : 'served';
  const kills = Array.from({ length: 1 + Math.floor(random() * MAX_KILLS) }, () => ({
    victim: pick(random, VICTIMS[profile]),
    after: pick(random, IN_ORDER),
    // Rather soon than late: most steps are over after some 100 ms.
    ms: Math.floor(random() ** 2 * LATEST_MS),
  }));
  kills.sort((one, other) => IN_ORDER.indexOf(one.after) - IN_ORDER.indexOf(other.after));
  return { seed, profile, kills, faults: FAULTS.filter(() => random() < 0.2) };
}

/** For a person who looks at what failed. */
export function describeTrial({ seed, profile, kills, faults }: Trial): string {
  const killed = kills.map(({ victim, after, ms }) => `${victim} ${ms} ms after ${after}`);
  return `seed ${seed} (${profile}): ${[...killed, ...faults.map(({ fault }) => fault)].join(', ')}`;
}
