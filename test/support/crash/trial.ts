import type { Fault } from '../../../src/emulator/index.ts';
import { pick, seeded } from '../seeded.ts';

/** `own`: `run` starts its own worker and server. `served`: a worker process uses a shared server. */
export type TrialProfile = 'own' | 'served';
export type Victim = 'worker' | 'run' | 'server' | 'run and server';

const VICTIMS: Record<TrialProfile, readonly Victim[]> = {
  own: ['run', 'server', 'run and server'],
  served: ['worker'],
};

/**
 * Files that show the progress of a batch, in the order in which they appear. A kill happens a random time after one of
 * them, so that short steps are hit as often as the long sleep between two checks.
 */
export const LANDMARKS = {
  call: /^/,
  manifest: /manifest\.json$/,
  identity: /identity\.json$/,
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

const LANDMARK_NAMES = Object.keys(LANDMARKS) as Landmark[];
const MAX_KILLS = 3;
/** About the duration of the longest step on an idle machine. */
const MAX_DELAY_MS = 2_500;

export interface Kill {
  victim: Victim;
  after: Landmark;
  ms: number;
}

/** What a seed determines. */
export interface Trial {
  seed: number;
  profile: TrialProfile;
  kills: Kill[];
  faults: Fault[];
}

/** Faults from which the batch recovers within seconds. Other tests cover faults without kills. */
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
    after: pick(random, LANDMARK_NAMES),
    // Early kills are more frequent: most steps end after some 100 ms.
    ms: Math.floor(random() ** 2 * MAX_DELAY_MS),
  }));
  kills.sort((one, other) => LANDMARK_NAMES.indexOf(one.after) - LANDMARK_NAMES.indexOf(other.after));
  return { seed, profile, kills, faults: FAULTS.filter(() => random() < 0.2) };
}

/** Describes a trial for messages. */
export function describeTrial({ seed, profile, kills, faults }: Trial): string {
  const killed = kills.map(({ victim, after, ms }) => `${victim} ${ms} ms after ${after}`);
  return `seed ${seed} (${profile}): ${[...killed, ...faults.map(({ fault }) => fault)].join(', ')}`;
}
