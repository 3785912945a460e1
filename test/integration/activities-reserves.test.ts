import { describe, expect, test } from 'vitest';
import { readReserves } from '../../src/activities/reserves.ts';
import type { EndedJob } from '../../src/activities/types.ts';
import { toJson } from '../../src/store/json.ts';
import { BATCH, newStore, places } from './activities-kit.ts';

/** What is known of the one submission of a round, with a worst case of 2 USD. */
interface Known {
  answer?: object;
  free?: 'no-job' | 'no-result';
  /** The round is collected, with these jobs. */
  collected?: Partial<EndedJob>[];
}

const JOB = 'batches/one';
const CREATED = { job: JOB };

async function read(known: Known) {
  const store = await newStore();
  const { permit, answer, free, collected } = places.round(1);
  await store.put(permit(1), toJson({ displayName: 'x', at: 0, worstUsd: 2 }));
  if (known.answer) await store.put(answer(1), toJson(known.answer));
  if (known.free) await store.put(free(1, known.free), '{}');
  if (known.collected) await store.put(collected, toJson({ jobs: known.collected }));
  return readReserves(store, BATCH);
}

const RESERVED = { reservedUsd: 2, unanswered: 0 };
const FREE = { reservedUsd: 0, unanswered: 0 };

describe('a submission', () => {
  test.each<[string, Known, object]>([
    ['without an answer is reserved', {}, { reservedUsd: 2, unanswered: 1 }],
    [
      'without an answer stays reserved when its round is collected',
      { collected: [{ job: 'batches/other' }] },
      { reservedUsd: 2, unanswered: 1 },
    ],
    ['that made no job, as an operator says, is free', { free: 'no-job' }, FREE],
    ['that made a job against an operator’s word is reserved', { free: 'no-job', answer: CREATED }, RESERVED],
    ['that Google refused is free', { answer: { refused: 'rate-limited' } }, FREE],
    ['whose job runs is reserved', { answer: CREATED }, RESERVED],
    ['whose job ended without a result is free', { answer: CREATED, free: 'no-result' }, FREE],
    ['whose job is collected is settled by its usage', { answer: CREATED, collected: [{ job: JOB }] }, FREE],
    [
      'whose results are gone is reserved',
      { answer: CREATED, collected: [{ job: JOB, lost: true }] },
      RESERVED,
    ],
  ])('%s', async (_, known, expected) => {
    expect(await read(known)).toEqual(expected);
  });
});

test('the reserves of all rounds add up', async () => {
  const store = await newStore();
  for (const round of [1, 2, 3])
    await store.put(places.round(round).permit(1), toJson({ displayName: 'x', at: 0, worstUsd: 0.1 }));
  expect(await readReserves(store, BATCH)).toEqual({ reservedUsd: 0.3, unanswered: 3 });
});
