import { tellSchedule } from '../../schedules.ts';

export const verb = tellSchedule(
  (schedules, name) => schedules.resume(name),
  (name) => `The schedule ${name} fires again.`,
);
