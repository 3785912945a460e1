import type { Manifest } from '../contract/manifest.ts';
import type { OutputCounts } from '../contract/progress.ts';
import type { Answer, OutputRecord } from '../contract/record.ts';
import type { RoundSummary } from '../contract/report.ts';
import type { Flag, Outcome } from '../contract/words.ts';
import { groupBy } from './group.ts';
import { sumUsd } from './money.ts';

/** Counts records by outcome. */
export function countOutcomes(records: readonly { outcome: Outcome }[]): OutputCounts {
  const counts = { total: records.length, image: 0, refused: 0, failed: 0, missing: 0 };
  for (const { outcome } of records) counts[outcome] += 1;
  return counts;
}

/** The same by group, in the order in which the groups first appear. */
export function countByGroup<T extends { outcome: Outcome }>(
  records: readonly T[],
  getGroup: (record: T) => string,
): Record<string, OutputCounts> {
  return Object.fromEntries(
    [...groupBy(records, getGroup)].map(([group, members]) => [group, countOutcomes(members)]),
  );
}

/** Counts records by requested aspect ratio; `auto` where none was requested. */
export function countByRatio(
  records: readonly OutputRecord[],
  manifest: Manifest,
): Record<string, OutputCounts> {
  const ratios = new Map(manifest.items.map((item) => [item.key, item.aspectRatio]));
  return countByGroup(records, (record) => ratios.get(record.key) ?? 'auto');
}

/** Counts images by flag; flags without an image are left out. */
export function countFlags(records: readonly OutputRecord[]): Partial<Record<Flag, number>> {
  const counts: Partial<Record<Flag, number>> = {};
  for (const flag of records.flatMap((record) => record.flags)) counts[flag] = (counts[flag] ?? 0) + 1;
  return counts;
}

/**
 * Summarises each round. An output counts once in a round: as `image` where it has one in that round, else by its last
 * answer.
 */
export function summariseRounds(answers: readonly Answer[]): RoundSummary[] {
  const rounds = [...new Set(answers.map((answer) => answer.round))].sort((one, other) => one - other);
  return rounds.map((round) => {
    const own = answers.filter((answer) => answer.round === round);
    const outcomes = new Map<string, Outcome>();
    for (const { output, outcome } of own) {
      if (outcomes.get(output) !== 'image') outcomes.set(output, outcome);
    }
    return {
      round,
      outputs: countOutcomes([...outcomes.values()].map((outcome) => ({ outcome }))),
      costUsd: sumUsd(own.map((answer) => answer.costUsd)),
    };
  });
}
