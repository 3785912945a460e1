import { changeSchedule } from '../../schedules.ts';

export const verb = changeSchedule(
  (schedules, name) => schedules.delete(name),
  (name) => `The schedule ${name} is deleted. Running batches continue.`,
);
