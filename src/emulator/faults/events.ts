import type { EventFaults } from '../webhooks/deliveries.ts';
import { Count, onCreation } from './kind.ts';

/** Faults of the event of a job's end, for each endpoint separately. */
export const EVENT_FAULTS = {
  lost: onCreation('it is never sent', {}, (): EventFaults => ({ copies: 0 })),

  twice: onCreation(
    'it is sent again with the same id after it was delivered',
    {},
    (): EventFaults => ({ copies: 2 }),
  ),

  late: onCreation(
    'it is sent `afterMs` after the end of the job',
    { afterMs: Count },
    ({ afterMs }): EventFaults => ({ lateMs: afterMs }),
  ),
};
