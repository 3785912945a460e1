import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSkippedTime, type SkippedTime } from './support/skipped-time.ts';

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

// Time is not skipped while a step runs, so this takes the 10 s of a heartbeat timeout: a file of its own, beside the others.
test('a worker that dies while it submits leaves a submission without an answer, which nobody sends again', async () => {
  const batch = await time.start({ submissions: [{ kind: 'worker dies' }] });
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  // The second attempt finds the permit taken and only says so; then comes the next submission.
  expect(batch.google.inputsOf('createJob').map(({ submission }) => submission)).toEqual([1, 1, 2]);
  expect(batch.google.posts.map(({ submission }) => submission)).toEqual([1, 2]);
  // A dead worker's POST may still be under way: what is left of its 30 s comes on top of the window of 90 s.
  const [timer] = (await batch.events()).flatMap((event) => event.timerStartedEventAttributes ?? []);
  expect(Number(timer?.startToFireTimeout?.seconds)).toBeGreaterThan(90 + 10);
});
