import { CREATE_FAULTS } from './creates.ts';
import { DOWNLOAD_FAULTS } from './downloads.ts';
import { EVENT_FAULTS } from './events.ts';
import { FILE_FAULTS } from './files.ts';
import { JOB_FAULTS } from './jobs.ts';
import { LINE_FAULTS } from './lines.ts';
import { OPERATION_FAULTS, PAGE_FAULTS } from './operations.ts';
import { REQUEST_FAULTS } from './requests.ts';
import { RESULT_FAULTS } from './results.ts';
import { UPLOAD_FAULTS } from './uploads.ts';

/** The faults of requests, by kind of request. */
export const REQUEST_POINTS = {
  create: { ...REQUEST_FAULTS, ...CREATE_FAULTS },
  get: { ...REQUEST_FAULTS, ...OPERATION_FAULTS },
  list: { ...REQUEST_FAULTS, ...OPERATION_FAULTS, ...PAGE_FAULTS },
  cancel: REQUEST_FAULTS,
  delete: REQUEST_FAULTS,
  'upload-start': REQUEST_FAULTS,
  upload: { ...REQUEST_FAULTS, ...UPLOAD_FAULTS },
  'upload-query': REQUEST_FAULTS,
  'file-get': REQUEST_FAULTS,
  download: { ...REQUEST_FAULTS, ...DOWNLOAD_FAULTS },
};

/** The faults that are decided when a job, file, line, result or event is created. */
export const CREATION_POINTS = {
  job: JOB_FAULTS,
  result: RESULT_FAULTS,
  line: LINE_FAULTS,
  file: FILE_FAULTS,
  event: EVENT_FAULTS,
};

/** All faults, by the point at which they act and by kind. A plan names a fault `<point>.<kind>`. */
export const FAULTS = { ...REQUEST_POINTS, ...CREATION_POINTS };

export type RequestPoint = keyof typeof REQUEST_POINTS;
export type Point = keyof typeof FAULTS;

/**
 * What a plan can match at a point: a line has a key, LIST is about no single job, everything else has a display name.
 */
export function listMatchFields(point: Point): readonly ('name' | 'key')[] {
  if (point === 'list') return [];
  return point === 'line' ? ['name', 'key'] : ['name'];
}
