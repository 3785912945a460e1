import type { FileFaults } from '../files/files.ts';
import { Count, onCreation } from './kind.ts';

/** What can become of an uploaded file. */
export const FILE_FAULTS = {
  processing: onCreation(
    'it is PROCESSING for so many `polls` (GETs of it) before it is ACTIVE',
    { polls: Count },
    ({ polls }): FileFaults => ({ polls }),
  ),

  failed: onCreation('it is FAILED once it was processed', {}, (): FileFaults => ({ failed: true })),

  expires: onCreation(
    'it is gone `afterMs` from its upload, and not after 48 h',
    { afterMs: Count },
    ({ afterMs }): FileFaults => ({ lifetimeMs: afterMs }),
  ),
};
