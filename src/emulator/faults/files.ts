import type { FileFaults } from '../files/files.ts';
import { Count, onCreation } from './kind.ts';

/** Faults of an uploaded file. */
export const FILE_FAULTS = {
  processing: onCreation(
    'it is PROCESSING for `polls` GETs before it is ACTIVE',
    { polls: Count },
    ({ polls }): FileFaults => ({ polls }),
  ),

  failed: onCreation('it is FAILED after processing', {}, (): FileFaults => ({ failed: true })),

  expires: onCreation(
    'it expires `afterMs` after its upload, not after 48 h',
    { afterMs: Count },
    ({ afterMs }): FileFaults => ({ lifetimeMs: afterMs }),
  ),
};
