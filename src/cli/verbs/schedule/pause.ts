import { changeSchedule } from '../../schedules.ts';

export const verb = changeSchedule(
  (schedules, name) => schedules.pause(name),
  (name) => `The schedule ${name} is paused. Running batches continue.`,
);
