import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutputRecord, Reason } from '../../src/contract/index.ts';
import type { Fault, JobEntry } from '../../src/emulator/index.ts';
import { namePrefix, openTestBatch, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** An answer, its reason, and the number of tries if every job gives this answer. */
const ROWS: readonly [answer: Fault, reason: Reason, tries: 1 | 2 | 3][] = [
  // Transient: retried until the last round.
  [{ fault: 'line.error', code: 1 }, 'cancelled', 3],
  [{ fault: 'line.error', code: 4 }, 'deadline', 3],
  [{ fault: 'line.error', code: 8 }, 'quota', 3],
  [{ fault: 'line.error', code: 13 }, 'internal', 3],
  [{ fault: 'line.error', code: 14 }, 'unavailable', 3],
  [{ fault: 'line.error', code: 14, field: 'status' }, 'unavailable', 3],
  [{ fault: 'line.missing' }, 'no-answer', 3],
  [{ fault: 'line.malformed' }, 'no-answer', 3],
  [{ fault: 'line.null' }, 'malformed', 3],
  [{ fault: 'line.refused', finishReason: 'MALFORMED_FUNCTION_CALL' }, 'malformed', 3],
  // Weak: retried once.
  [{ fault: 'line.error', code: 99 }, 'unknown-code', 2],
  [{ fault: 'line.refused', finishReason: 'NO_IMAGE' }, 'no-image', 2],
  [{ fault: 'line.text' }, 'text-only', 2],
  [{ fault: 'line.refused', finishReason: 'MAX_TOKENS' }, 'max-tokens', 2],
  [{ fault: 'line.refused', finishReason: 'OTHER' }, 'other', 2],
  [{ fault: 'line.refused', finishReason: 'LANGUAGE' }, 'other', 2],
  [{ fault: 'line.refused', finishReason: 'IMAGE_OTHER' }, 'image-other', 2],
  [{ fault: 'line.refused', finishReason: 'SAFETY' }, 'safety', 2],
  [{ fault: 'line.refused', finishReason: 'IMAGE_SAFETY' }, 'image-safety', 2],
  [{ fault: 'line.refused', finishReason: 'NEVER_HEARD_OF' }, 'unknown-code', 2],
  // The answer came whole and is kept: never paid again automatically.
  [{ fault: 'line.no-picture' }, 'undecodable', 1],
  [{ fault: 'line.broken-base64' }, 'undecodable', 1],
  [{ fault: 'line.elsewhere' }, 'unreadable', 1],
  [{ fault: 'line.elsewhere', of: 'answer' }, 'unreadable', 1],
  // Permanent: never retried.
  [{ fault: 'line.error', code: 3 }, 'invalid', 1],
  [{ fault: 'line.refused', finishReason: 'PROHIBITED_CONTENT' }, 'prohibited-content', 1],
  [{ fault: 'line.refused', finishReason: 'IMAGE_PROHIBITED_CONTENT' }, 'image-prohibited-content', 1],
  [{ fault: 'line.refused', finishReason: 'RECITATION' }, 'recitation', 1],
  [{ fault: 'line.refused', finishReason: 'IMAGE_RECITATION' }, 'recitation', 1],
  [{ fault: 'line.refused', finishReason: 'BLOCKLIST' }, 'blocklist', 1],
  [{ fault: 'line.refused', finishReason: 'SPII' }, 'spii', 1],
  [{ fault: 'line.blocked', blockReason: 'PROHIBITED_CONTENT' }, 'prompt-blocked', 1],
];
/** Only an operator may pay for another try. */
const KEPT: readonly Reason[] = ['undecodable', 'unreadable'];
const CASES = ROWS.map(([answer, reason, tries], index) => {
  const { fault, ...what } = answer;
  const retryable = tries > 1 || KEPT.includes(reason);
  return { key: `row-${index}`, answer, reason, tries, retryable, title: `${fault} ${JSON.stringify(what)}` };
});
const GOOD = 'good';
const countCases = (least: number) => CASES.filter(({ tries }) => tries >= least).length;

/** Two batches get these answers: one in every job, the other only in its first job. */
const FAULTS = CASES.flatMap(({ key, answer }): Fault[] => [
  { ...answer, match: { name: namePrefix('ladder-each'), key: `^${key}#` } },
  { ...answer, match: { name: namePrefix('ladder-first'), key: `^${key}#`, nth: 1 } },
]);

describe('a row', () => {
  let world: World;
  let each: BatchResults;
  let first: BatchResults;

  beforeAll(async () => {
    world = await createWorld({ faults: { faults: FAULTS } });
    await world.work();
    const manifest = buildManifest([GOOD, ...CASES.map(({ key }) => key)].map((key) => item(key)));
    const run = async (batchId: string) => {
      await world.hummingbatch.startNormalised({ manifest, batchId });
      const batch = openTestBatch(world, batchId);
      await batch.ended();
      return readLeftovers(batch);
    };
    [each, first] = await Promise.all([run('ladder-each'), run('ladder-first')]);
  });
  afterAll(() => world.close());

  test.each(CASES)(
    'with the answer $title has the reason $reason and is tried $tries times',
    ({ key, reason, tries, retryable }) => {
      expect(each.records.get(key)).toMatchObject({ reason, round: tries, retryable });
      expect(each.triesOf(key)).toBe(tries);
    },
  );

  test.each(CASES.filter(({ tries }) => tries > 1))(
    'with the answer $title becomes an image in the next round',
    ({ key }) => {
      expect(first.records.get(key)).toMatchObject({ outcome: 'image', round: 2, file: `images/${key}.jpg` });
      expect(first.triesOf(key)).toBe(2);
    },
  );

  test('with an image or a final answer is not in the next job', () => {
    expect(each.jobs.map(({ rows }) => rows)).toEqual([1 + countCases(1), countCases(2), countCases(3)]);
    expect(first.jobs.map(({ rows }) => rows)).toEqual([1 + countCases(1), countCases(2)]);
  });

  test('keeps its image of the first round through all rounds', async () => {
    for (const { records } of [each, first])
      expect(records.get(GOOD)).toMatchObject({ outcome: 'image', round: 1, flags: [] });
    const stored = await world.store.get('batches/ladder-each/images/good.jpg');
    expect(stored?.byteLength).toBe(each.records.get(GOOD)?.bytes);
  });

  test('has one record, and the counts match the records', () => {
    expect(each.records.size).toBe(1 + ROWS.length);
    expect(first.progress.outputs).toEqual({
      ...{ total: 1 + ROWS.length, image: 1 + countCases(2), missing: 0 },
      // Of those that are tried once, one is invalid and four are kept; the others are refused.
      ...{ refused: countCases(1) - countCases(2) - 5, failed: 5 },
    });
  });
});

/** The results of a batch. */
interface BatchResults {
  progress: Awaited<ReturnType<TestBatch['ended']>>;
  /** By key. */
  records: Map<string, OutputRecord>;
  jobs: JobEntry[];
  /** The number of jobs that contained this item. */
  triesOf: (key: string) => number;
}

async function readLeftovers(batch: TestBatch): Promise<BatchResults> {
  const [progress, records, jobs] = [await batch.ended(), await batch.records(), await batch.jobs()];
  const later = await Promise.all(jobs.slice(1).map((_, index) => batch.selection(index + 2)));
  return {
    progress,
    records: new Map(records.map((record) => [record.key, record])),
    jobs,
    triesOf: (key) => 1 + later.filter((outputs) => outputs.includes(`${key}#1`)).length,
  };
}
