import type { FileFate } from '../files/files.ts';
import { Count, onBirth } from './kind.ts';

/** What can become of an uploaded file. */
export const FILE_FAULTS = {
  processing: onBirth(
    'it is PROCESSING for so many `polls` (GETs of it) before it is ACTIVE',
    { polls: Count },
    ({ polls }): FileFate => ({ polls }),
  ),

  failed: onBirth('it is FAILED once it was processed', {}, (): FileFate => ({ failed: true })),

  expires: onBirth(
    'it is gone `afterMs` from its upload, and not after 48 h',
    { afterMs: Count },
    ({ afterMs }): FileFate => ({ lifetimeMs: afterMs }),
  ),
};
