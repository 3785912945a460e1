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
import { shouldWake } from './job-events.ts';
import { read } from './read.ts';
import { saveBatchProgress } from './save-progress.ts';

/** No further round begins in these states, so a budget has no effect. */
const BUDGET_HAS_NO_EFFECT: readonly BatchState[] = ['REPORTING', 'CANCELLING'];

/**
 * Handles queries, updates and signals. Handlers set a request and the main line acts on it; only a budget applies at once.
 * Validators refuse what does not fit the state, without a trace in the history. A request that is repeated while the batch acts
 * on it is accepted again and changes nothing.
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
      description:
        'Starts a batch whose estimate is above approveAboveUsd, or refuses it: {"approved": false}.',
      validator: (request: ApproveRequest) => {
        read(APPROVE_REQUEST, request ?? {});
        refuseUnless(
          progress.state === 'AWAITING_APPROVAL' || requests.approval === isApproval(request),
          batch,
          'it does not wait for approval',
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
      description: 'Continues at the step where the batch stopped.',
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
      description: 'Ends a stopped batch with the outputs that are finished.',
      validator: () => {
        if (requests.accept) return;
        refuseUnless(isStopped(), batch, 'it is not stopped');
        refuseUnless(mayAccept(progress.stop), batch, 'it has no outputs before this step is done');
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
        'Settles a submission whose answer was lost: {"job": "batches/…"} takes that job, {"job": "none"} makes another job.',
      validator: (request) => {
        read(ADOPT_REQUEST, request ?? {});
        refuseUnless(
          (isStopped() && progress.stop?.code === 'submission-unknown') || requests.adopt === request.job,
          batch,
          'it has no submission to settle',
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
      description: 'Changes the budget: {"maxCostUsd": 40}. A batch that stopped for its budget continues.',
      validator: (request) => {
        read(SET_BUDGET_REQUEST, request ?? {});
        refuseUnless(!BUDGET_HAS_NO_EFFECT.includes(progress.state), batch, 'it makes no further jobs');
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
      description: 'Checks the job now instead of at the next check.',
      validator: () => refuseUnless(progress.state === 'WAITING', batch, 'it does not wait for a job'),
    },
  );

  setHandler(
    jobEventSignal,
    (event) => {
      if (shouldWake(batch, event)) requests.wake = true;
    },
    { description: 'An event from outside: the job may have changed, so the batch checks it.' },
  );
}

/** Callers in other languages may leave the request out. */
function isApproval(request: ApproveRequest | undefined): boolean {
  return request?.approved ?? true;
}

function refuseUnless(isAllowed: boolean, { id, progress }: Batch, why: string): void {
  if (isAllowed) return;
  const actions = availableActions(progress);
  const message = `The batch ${id} is ${progress.state}: ${why}.`;
  const messages = actions.flatMap((action) => toMessage(action) ?? []);
  // Temporal's UI and CLI show the message of a refused update, and not its details.
  const accepts = messages.length > 0 ? ` It takes now: ${messages.join(', ')}.` : '';
  throw failure('wrong-state', `${message}${accepts}`, { message, actions });
}
