import { changeSchedule } from '../../schedules.ts';

export const verb = changeSchedule(
  (schedules, name) => schedules.resume(name),
  (name) => `The schedule ${name} fires again.`,
);
