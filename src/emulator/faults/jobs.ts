import { z } from 'zod';
import type { JobRecord } from '../jobs/jobs.ts';
import { EXPIRED } from '../jobs/life.ts';
import { Count, onCreation } from './kind.ts';

type CreatedJob = Pick<JobRecord, 'createTime'>;
const AFTER = { afterMs: Count.default(0) };

/** What can become of a job, in place of going well. */
export const JOB_FAULTS = {
  stuck: onCreation(
    'it never ends: `state` PENDING (default) or RUNNING for ever',
    { state: z.enum(['PENDING', 'RUNNING']).default('PENDING') },
    ({ state }): Partial<JobRecord> => ({ forcedState: { state } }),
  ),

  expired: onCreation(
    'it ends EXPIRED',
    {},
    (): Partial<JobRecord> => ({
      forcedState: { state: 'EXPIRED', error: EXPIRED },
    }),
  ),

  failed: onCreation(
    'it ends FAILED with the google.rpc `code`: 3, 8, 13',
    { code: z.int(), message: z.string().default('Internal error encountered.') },
    ({ code, message }): Partial<JobRecord> => ({
      forcedState: { state: 'FAILED', error: { code, message } },
    }),
  ),

  cancelled: onCreation(
    'another client cancels it `afterMs` from its creation (default 0)',
    AFTER,
    ({ afterMs }, { createTime }: CreatedJob): Partial<JobRecord> => ({ cancelTime: createTime + afterMs }),
  ),

  deleted: onCreation(
    'another client deletes it, and its result, `afterMs` from its creation (default 0): 404',
    AFTER,
    ({ afterMs }, { createTime }: CreatedJob): Partial<JobRecord> => ({ deleteTime: createTime + afterMs }),
  ),

  unlisted: onCreation(
    'LIST shows it only `afterMs` from its creation; GET always',
    { afterMs: Count },
    ({ afterMs }, { createTime }: CreatedJob): Partial<JobRecord> => ({ listedFrom: createTime + afterMs }),
  ),
};
