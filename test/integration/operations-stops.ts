import { expect } from 'vitest';
import type { ErrorCode } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { readJob, readSubmissions, type Scenario, waitForEnd } from './operations-kit.ts';

interface Stopped extends Pick<Scenario, 'faults' | 'options'> {
  /** The final images and jobs after the first command of its row. */
  images: number;
  jobs: string[];
}

const DENIED: Fault = { fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 };

const CAUSES: Partial<Record<ErrorCode, Stopped>> = {
  'permission-denied': { faults: [DENIED], images: 2, jobs: ['r1.2'] },
  'billing-required': { faults: [{ ...DENIED, status: 'FAILED_PRECONDITION' }], images: 2, jobs: ['r1.2'] },
  'request-rejected': { faults: [{ ...DENIED, status: 'INVALID_ARGUMENT' }], images: 2, jobs: ['r1.2'] },
  'model-gone': { faults: [{ ...DENIED, status: 'NOT_FOUND' }], images: 0, jobs: [] },
  'file-rejected': {
    faults: [{ fault: 'upload-start.refuse', status: 'INVALID_ARGUMENT', times: 1 }],
    images: 2,
    jobs: ['r1.1'],
  },
  'over-budget': { options: { maxCostUsd: 0 }, images: 2, jobs: ['r1.1'] },
  'submission-unknown': {
    faults: [
      { fault: 'create.answer-lost', times: 1 },
      { fault: 'job.unlisted', afterMs: 100_000 },
    ],
    options: { onUnknownSubmit: 'park' },
    images: 2,
    jobs: ['r1.1'],
  },
  'job-gone': { faults: [{ fault: 'job.deleted', times: 1 }], images: 2, jobs: ['r1.1', 'r1.2'] },
  'job-cancelled': { faults: [{ fault: 'job.cancelled', times: 1 }], images: 2, jobs: ['r1.1', 'r1.2'] },
  'job-rejected': { faults: [{ fault: 'job.failed', code: 3, times: 1 }], images: 2, jobs: ['r1.1', 'r1.2'] },
  'result-gone': {
    faults: [{ fault: 'download.refuse', status: 'NOT_FOUND' }],
    images: 0,
    jobs: ['r1.1'],
  },
  unavailable: {
    faults: [{ fault: 'download.refuse', status: 'UNAVAILABLE', times: 5 }],
    images: 2,
    jobs: ['r1.1'],
  },
};

/** Stop reasons that the emulator can cause within seconds, each with a batch for the first command of its row. */
export const STOPPED = Object.entries(CAUSES).map(([code, { images, jobs, ...cause }]) => ({
  code,
  id: `ops-stopped-${code}`,
  scenario: {
    ...cause,
    async begin({ batch }) {
      await batch.stopped(code as ErrorCode);
      return readJob(batch);
    },
    async verify({ batch }) {
      const state = images === 2 ? 'COMPLETED' : 'COMPLETED_WITH_FAILURES';
      expect(await waitForEnd(batch)).toMatchObject({ state, outputs: { image: images } });
      expect(await readSubmissions(batch)).toEqual(jobs);
    },
  } as Scenario,
}));
