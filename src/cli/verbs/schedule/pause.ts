import { changeSchedule } from '../../schedules.ts';

export const verb = changeSchedule(
  (schedules, name) => schedules.pause(name),
  (name) => `The schedule ${name} is paused. Batches on their way go on.`,
);
