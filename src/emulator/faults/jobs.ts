import { z } from 'zod';
import type { JobRecord } from '../jobs/jobs.ts';
import { EXPIRED } from '../jobs/life.ts';
import { Count, onCreation } from './kind.ts';

type CreatedJob = Pick<JobRecord, 'createTime'>;
const AFTER = { afterMs: Count.default(0) };

/** Faults of a job. */
export const JOB_FAULTS = {
  stuck: onCreation(
    'it never ends: its `state` stays PENDING (default) or RUNNING',
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
    'another client cancels it `afterMs` after its creation (default 0)',
    AFTER,
    ({ afterMs }, { createTime }: CreatedJob): Partial<JobRecord> => ({ cancelTime: createTime + afterMs }),
  ),

  deaf: onCreation(
    'it ends only `forMs` after a client cancels it',
    { forMs: Count },
    ({ forMs }): Partial<JobRecord> => ({ deafMs: forMs }),
  ),

  deleted: onCreation(
    'another client deletes it and its result `afterMs` after its creation (default 0): 404',
    AFTER,
    ({ afterMs }, { createTime }: CreatedJob): Partial<JobRecord> => ({ deleteTime: createTime + afterMs }),
  ),

  unlisted: onCreation(
    'LIST shows it only from `afterMs` after its creation; GET always does',
    { afterMs: Count },
    ({ afterMs }, { createTime }: CreatedJob): Partial<JobRecord> => ({ listedFrom: createTime + afterMs }),
  ),
};
