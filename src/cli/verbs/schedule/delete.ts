import { tellSchedule } from '../../schedules.ts';

export const verb = tellSchedule(
  (schedules, name) => schedules.delete(name),
  (name) => `The schedule ${name} is deleted. Batches on their way go on.`,
);
