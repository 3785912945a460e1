import { z } from 'zod';
import type { JobRecord } from '../jobs/jobs.ts';
import { EXPIRED } from '../jobs/life.ts';
import { Count, onBirth } from './kind.ts';

type Born = Pick<JobRecord, 'createTime'>;
const AFTER = { afterMs: Count.default(0) };

/** What can become of a job, in place of going well. */
export const JOB_FAULTS = {
  stuck: onBirth(
    'it never ends: `state` PENDING (default) or RUNNING for ever',
    { state: z.enum(['PENDING', 'RUNNING']).default('PENDING') },
    ({ state }): Partial<JobRecord> => ({ fate: { state } }),
  ),

  expired: onBirth(
    'it ends EXPIRED',
    {},
    (): Partial<JobRecord> => ({
      fate: { state: 'EXPIRED', error: EXPIRED },
    }),
  ),

  failed: onBirth(
    'it ends FAILED with the google.rpc `code`: 3, 8, 13',
    { code: z.int(), message: z.string().default('Internal error encountered.') },
    ({ code, message }): Partial<JobRecord> => ({
      fate: { state: 'FAILED', error: { code, message } },
    }),
  ),

  cancelled: onBirth(
    'another client cancels it `afterMs` from its creation (default 0)',
    AFTER,
    ({ afterMs }, { createTime }: Born): Partial<JobRecord> => ({ cancelTime: createTime + afterMs }),
  ),

  deleted: onBirth(
    'another client deletes it, and its result, `afterMs` from its creation (default 0): 404',
    AFTER,
    ({ afterMs }, { createTime }: Born): Partial<JobRecord> => ({ deleteTime: createTime + afterMs }),
  ),

  unlisted: onBirth(
    'LIST shows it only `afterMs` from its creation; GET always',
    { afterMs: Count },
    ({ afterMs }, { createTime }: Born): Partial<JobRecord> => ({ listedFrom: createTime + afterMs }),
  ),
};
