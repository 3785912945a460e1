import type { Verb } from '../../call.ts';
import { formatCommand } from '../../commands.ts';
import { EXIT } from '../../exit-codes.ts';
import { withSchedule } from '../../schedules.ts';

export const verb: Verb = (call) =>
  withSchedule(call, async (schedules, name) => {
    const { output, flags } = call;
    const { batchId } = await schedules.trigger(name);
    if (batchId) output.print(batchId);
    output.say(
      batchId
        ? `It fired. To follow its batch: ${formatCommand('watch', batchId, flags)}`
        : `Its firing does not show yet: ${formatCommand('schedule list', '', flags)}`,
    );
    output.printJson({ name, batchId: batchId ?? null });
    return EXIT.done;
  });
