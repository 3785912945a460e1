import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSkippedTime, type SkippedTime } from './support/skipped-time.ts';

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

// The server skips no time while a step runs, so this takes the 10 s of a heartbeat timeout. It has its own file so that others run beside it.
test('a submission whose worker dies is not sent again', async () => {
  const batch = await time.start({ submissions: [{ kind: 'worker dies' }] });
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  // The second attempt finds the permit taken and returns unknown. Then the next submission follows.
  expect(batch.google.inputsOf('createJob').map(({ submission }) => submission)).toEqual([1, 1, 2]);
  expect(batch.google.posts.map(({ submission }) => submission)).toEqual([1, 2]);
  // The POST of a dead worker may still run: the rest of its 30 s is added to the window of 90 s.
  const [timer] = (await batch.events()).flatMap((event) => event.timerStartedEventAttributes ?? []);
  expect(Number(timer?.startToFireTimeout?.seconds)).toBeGreaterThan(90 + 10);
});
