/** What Google's names of jobs are made of. They come from outside and become keys and paths of URLs. */
const JOB_NAME = /^batches\/[\w-]{1,100}$/;

export function isJobName(text: string): boolean {
  return JOB_NAME.test(text);
}
