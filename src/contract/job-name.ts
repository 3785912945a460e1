import { text } from './rules.ts';

/** Google's names of jobs. They come from outside and become keys of the store and paths of URLs. */
const JOB_NAME = /^batches\/[\w-]{1,100}$/;

export function isJobName(name: string): boolean {
  return JOB_NAME.test(name);
}

/** The job that an operator names for a submission; `none` where there is no such job. */
export const ADOPTED_JOB = text((name) => name === 'none' || isJobName(name), {
  must: '`batches/…`, the name of a job at Google, or `none`',
  example: 'none',
  description:
    'Google’s name of the job that this round takes; or `none`: there is no such job, and the batch makes another.',
  json: { pattern: '^(none|batches/[A-Za-z0-9_-]{1,100})$', examples: ['batches/abc123', 'none'] },
});
