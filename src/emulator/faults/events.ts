import type { EventFate } from '../webhooks/deliveries.ts';
import { Count, onBirth } from './kind.ts';

/** What can become of the event of a job's end, for each endpoint by itself. */
export const EVENT_FAULTS = {
  lost: onBirth('it is never sent', {}, (): EventFate => ({ copies: 0 })),

  twice: onBirth(
    'it is sent again, under the same id, after it was taken',
    {},
    (): EventFate => ({ copies: 2 }),
  ),

  late: onBirth(
    'it is sent `afterMs` from the end of the job',
    { afterMs: Count },
    ({ afterMs }): EventFate => ({ lateMs: afterMs }),
  ),
};
