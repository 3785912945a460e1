import type { Verb } from '../../call.ts';
import { EXIT } from '../../exit-codes.ts';
import { withSchedule } from '../../schedules.ts';

export const verb: Verb = (call) =>
  withSchedule(call, async (schedules, name) => {
    await schedules.pause(name);
    call.output.say(`The schedule ${name} is paused. Batches on their way go on.`);
    call.output.printJson({ name });
    return EXIT.done;
  });
