import { tellSchedule } from '../../schedules.ts';

export const verb = tellSchedule(
  (schedules, name) => schedules.pause(name),
  (name) => `The schedule ${name} is paused. Batches on their way go on.`,
);
