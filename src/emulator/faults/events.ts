import type { EventFaults } from '../webhooks/deliveries.ts';
import { Count, onCreation } from './kind.ts';

/** What can become of the event of a job's end, for each endpoint by itself. */
export const EVENT_FAULTS = {
  lost: onCreation('it is never sent', {}, (): EventFaults => ({ copies: 0 })),

  twice: onCreation(
    'it is sent again, under the same id, after it was taken',
    {},
    (): EventFaults => ({ copies: 2 }),
  ),

  late: onCreation(
    'it is sent `afterMs` from the end of the job',
    { afterMs: Count },
    ({ afterMs }): EventFaults => ({ lateMs: afterMs }),
  ),
};
