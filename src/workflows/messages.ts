import { setHandler } from '@temporalio/workflow';
import {
  ADOPT_REQUEST,
  APPROVE_REQUEST,
  type ApproveRequest,
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  availableActions,
  type BatchState,
  checkNowUpdate,
  jobEventSignal,
  mayAccept,
  progressQuery,
  retryUpdate,
  SET_BUDGET_REQUEST,
  setBudgetUpdate,
} from '../contract/index.ts';
import { toMessage } from './action-messages.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { isNews } from './job-events.ts';
import { read } from './read.ts';
import { saveBatchProgress } from './save-progress.ts';

/** No round begins any more that a budget could keep from beginning. */
const BEYOND_MONEY: readonly BatchState[] = ['REPORTING', 'CANCELLING'];

/**
 * Answers and takes messages. Handlers note what is wanted and the main line acts, but for a budget, which counts at once; validators refuse what makes no sense, without a trace in
 * the history. What is asked for once more while the batch acts on it is taken again and changes nothing.
 */
export function handleMessages(batch: Batch): void {
  const { requests, progress } = batch;
  const isStopped = () => progress.state === 'NEEDS_ATTENTION';

  setHandler(progressQuery, () => progress, { description: 'Where the batch stands.' });

  setHandler(
    approveUpdate,
    (request: ApproveRequest) => {
      requests.approval = isApproval(request);
      return progress;
    },
    {
      description: 'Lets a batch go whose price is above its limit, or refuses it ({"approved": false}).',
      validator: (request: ApproveRequest) => {
        read(APPROVE_REQUEST, request ?? {});
        refuseUnless(
          progress.state === 'AWAITING_APPROVAL' || requests.approval === isApproval(request),
          batch,
          'no approval is waited for',
        );
      },
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
      validator: () => refuseUnless(isStopped() || requests.retry, batch, 'it is not stopped'),
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
        if (requests.accept) return;
        refuseUnless(isStopped(), batch, 'it is not stopped');
        refuseUnless(
          mayAccept(progress.stop),
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
        read(ADOPT_REQUEST, request ?? {});
        refuseUnless(
          (isStopped() && progress.stop?.code === 'submission-unknown') || requests.adopt === request.job,
          batch,
          'no submission is unknown',
        );
      },
    },
  );
  setHandler(
    setBudgetUpdate,
    ({ maxCostUsd }) => {
      batch.setBudget(maxCostUsd);
      saveBatchProgress(batch);
      if (progress.stop?.code === 'over-budget') requests.retry = true;
      return progress;
    },
    {
      description: 'Changes what the batch may cost: {"maxCostUsd": 40}. One that stopped for it goes on.',
      validator: (request) => {
        read(SET_BUDGET_REQUEST, request ?? {});
        refuseUnless(!BEYOND_MONEY.includes(progress.state), batch, 'it makes no job any more');
      },
    },
  );
  setHandler(
    checkNowUpdate,
    () => {
      requests.wake = true;
      return progress;
    },
    {
      description: 'Asks Google now instead of at the next check.',
      validator: () => refuseUnless(progress.state === 'WAITING', batch, 'it waits for no job'),
    },
  );

  setHandler(
    jobEventSignal,
    (event) => {
      if (isNews(batch, event)) requests.wake = true;
    },
    { description: 'Something outside says that the job changed; the batch looks for itself.' },
  );
}

/** From other languages the request may be left out. */
function isApproval(request: ApproveRequest | undefined): boolean {
  return request?.approved ?? true;
}

function refuseUnless(makesSense: boolean, { id, progress }: Batch, why: string): void {
  if (makesSense) return;
  const actions = availableActions(progress);
  const message = `The batch ${id} is ${progress.state}: ${why}.`;
  const messages = actions.flatMap((action) => toMessage(action) ?? []);
  // Temporal's UI and CLI show the message of a refused update, and not its details.
  const accepts = messages.length > 0 ? ` It takes now: ${messages.join(', ')}.` : '';
  throw failure('wrong-state', `${message}${accepts}`, { message, actions });
}
