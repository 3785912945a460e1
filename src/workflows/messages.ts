import { setHandler } from '@temporalio/workflow';
import {
  type ApproveRequest,
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  checkNowSignal,
  jobEventSignal,
  progressQuery,
  retryUpdate,
  setBudgetUpdate,
} from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';

/** Answers and takes messages. Handlers only note what is wanted; validators refuse what makes no sense, without a trace in the history. */
export function handleMessages(batch: Batch): void {
  const { requests, progress } = batch;
  const isStopped = () => progress.state === 'NEEDS_ATTENTION';

  setHandler(progressQuery, () => progress, { description: 'Where the batch stands.' });

  setHandler(
    approveUpdate,
    (request: ApproveRequest) => {
      // From other languages the request may be left out.
      requests.approval = (request as ApproveRequest | undefined)?.approved ?? true;
      return progress;
    },
    {
      description: 'Lets a batch go whose price is above its limit, or refuses it ({"approved": false}).',
      validator: (_request: ApproveRequest) =>
        refuseUnless(progress.state === 'AWAITING_APPROVAL', batch, 'no approval is waited for'),
    },
  );
  setHandler(
    retryUpdate,
    () => {
      requests.retry = true;
      return progress;
    },
    {
      description: 'Goes on from the step at which the batch stopped.',
      validator: () => refuseUnless(isStopped(), batch, 'it is not stopped'),
    },
  );
  setHandler(
    acceptUpdate,
    () => {
      requests.accept = true;
      return progress;
    },
    {
      description: 'Ends a stopped batch with what is there.',
      validator: () => {
        refuseUnless(isStopped(), batch, 'it is not stopped');
        refuseUnless(
          progress.stop?.step !== 'prepare' && progress.stop?.step !== 'report',
          batch,
          'there is nothing to end with before this step is done',
        );
      },
    },
  );
  setHandler(
    adoptUpdate,
    ({ job }) => {
      requests.adopt = job;
      return progress;
    },
    {
      description:
        'Settles a submission whose answer was lost: {"job": "batches/…"} takes that job, {"job": "none"} makes another.',
      validator: (request) => {
        refuseUnless(
          isStopped() && progress.stop?.code === 'submission-unknown',
          batch,
          'no submission is unknown',
        );
        const isJob = request?.job === 'none' || /^batches\/[\w-]{1,100}$/.test(String(request?.job));
        if (!isJob) throw failure('usage', 'The job must be `batches/…` or `none`.');
      },
    },
  );
  setHandler(
    setBudgetUpdate,
    ({ maxCostUsd }) => {
      batch.options.maxCostUsd = maxCostUsd;
      if (progress.stop?.code === 'over-budget') requests.retry = true;
      return progress;
    },
    {
      description: 'Changes what the batch may cost: {"maxCostUsd": 40}.',
      validator: (request) => {
        const amount = request?.maxCostUsd;
        if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0)
          throw failure('usage', 'maxCostUsd must be an amount in USD.');
      },
    },
  );

  setHandler(checkNowSignal, () => void (requests.wake = true), {
    description: 'Asks Google now instead of at the next check.',
  });
  setHandler(jobEventSignal, () => void (requests.wake = true), {
    description: 'Something outside says that the job changed; the batch looks for itself.',
  });
}

function refuseUnless(makesSense: boolean, { id, progress }: Batch, why: string): void {
  if (!makesSense) throw failure('wrong-state', `The batch ${id} is ${progress.state}: ${why}.`);
}
