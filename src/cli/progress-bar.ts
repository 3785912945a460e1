import type { BatchProgress, BatchState } from '../contract/index.ts';
import type { Output } from './output.ts';
import { wordOf } from './summary.ts';

/** Shows how far a batch is, on stderr. */
export interface ProgressView {
  show: (progress: BatchProgress) => void;
  /** Takes the bar away; what was said stays. */
  stop(): void;
}

/** A bar on a terminal; elsewhere a line whenever something changed. */
export async function createProgressView(output: Output): Promise<ProgressView> {
  return output.isTerminal ? bar() : lines(output);
}

async function bar(): Promise<ProgressView> {
  const { default: cliProgress } = await import('cli-progress');
  const view = new cliProgress.SingleBar(
    {
      format: '{bar} {what}',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  let running = false;
  return {
    show(progress) {
      const { done, total } = rowsOf(progress);
      const what = describeStep(progress);
      if (running) view.setTotal(total);
      else view.start(total, done, { what });
      running = true;
      view.update(done, { what });
    },
    stop: () => running && view.stop(),
  };
}

function lines(output: Output): ProgressView {
  let last = '';
  return {
    show(progress) {
      const line = describeStep(progress);
      if (line !== last) output.say(line);
      last = line;
    },
    stop: () => undefined,
  };
}

/** While a job runs its rows count, before and after it the outputs that are there. */
function rowsOf({ state, check, outputs }: BatchProgress): { done: number; total: number } {
  if (state !== 'WAITING' || !check) return { done: outputs.image, total: Math.max(outputs.total, 1) };
  const done = check.successful + check.failed;
  return { done, total: Math.max(done + check.pending, 1) };
}

const STEPS: Partial<Record<BatchState, string>> = {
  PREPARING: 'reading and checking the manifest',
  STAGING: 'uploading references and requests',
  SUBMITTING: 'making the job',
  COLLECTING: 'fetching the images',
  REPORTING: 'writing the report',
};

function describeStep(progress: BatchProgress): string {
  const { state, round, job, check, quota } = progress;
  if (quota) return `Google is at its limit; next try at ${quota.nextTry}`;
  const step = STEPS[state] ?? wordOf(state);
  const prefix = round > 1 ? `round ${round}: ` : '';
  if (state !== 'WAITING' || !job) return `${prefix}${step}`;
  if (!check) return `${prefix}waiting for ${job}`;
  const { done, total } = rowsOf(progress);
  return `${prefix}waiting for ${job}: ${check.jobState.toLowerCase()}, ${done} of ${total}`;
}
