import type { Verb } from '../../call.ts';
import { EXIT } from '../../exit-codes.ts';
import { withSchedule } from '../../schedules.ts';

export const verb: Verb = (call) =>
  withSchedule(call, async (schedules, name) => {
    await schedules.resume(name);
    call.output.say(`The schedule ${name} fires again.`);
    call.output.printJson({ name });
    return EXIT.done;
  });
