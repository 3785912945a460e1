import { setHandler } from '@temporalio/workflow';
import {
  ADOPT_REQUEST,
  type AdoptRequest,
  APPROVE_REQUEST,
  type ApproveRequest,
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  availableActions,
  type BatchProgress,
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
    once(batch, (request: ApproveRequest) => {
      requests.approval = isApproval(request);
    }),
    {
      description:
        'Starts a batch whose estimate is above approveAboveUsd, or refuses it: {"approved": false}.',
      validator: unlessRepeated(batch, (request: ApproveRequest) => {
        read(APPROVE_REQUEST, request ?? {});
        refuseUnless(
          progress.state === 'AWAITING_APPROVAL' || requests.approval === isApproval(request),
          batch,
          'it does not wait for approval',
        );
      }),
    },
  );
  setHandler(
    retryUpdate,
    once(batch, () => {
      requests.retry = true;
    }),
    {
      description: 'Continues at the step where the batch stopped.',
      validator: unlessRepeated(batch, () =>
        refuseUnless(isStopped() || requests.retry, batch, 'it is not stopped'),
      ),
    },
  );
  setHandler(
    acceptUpdate,
    once(batch, () => {
      requests.accept = true;
    }),
    {
      description: 'Ends a stopped batch with the outputs that are finished.',
      validator: unlessRepeated(batch, () => {
        if (requests.accept) return;
        refuseUnless(isStopped(), batch, 'it is not stopped');
        refuseUnless(mayAccept(progress.stop), batch, 'it has no outputs before this step is done');
      }),
    },
  );
  setHandler(
    adoptUpdate,
    once(batch, ({ job }) => {
      requests.adopt = job;
    }),
    {
      description:
        'Settles a submission whose answer was lost: {"job": "batches/…"} takes that job, {"job": "none"} makes another job.',
      validator: unlessRepeated(batch, (request: AdoptRequest) => {
        read(ADOPT_REQUEST, request ?? {});
        refuseUnless(
          (isStopped() && progress.stop?.actions.some(({ action }) => action === 'adopt')) ||
            requests.adopt === request.job,
          batch,
          'it has no submission to settle',
        );
      }),
    },
  );
  setHandler(
    setBudgetUpdate,
    once(batch, ({ maxCostUsd }) => {
      batch.setBudget(maxCostUsd);
      saveBatchProgress(batch);
      if (progress.stop?.code === 'over-budget') requests.retry = true;
    }),
    {
      description: 'Changes the budget: {"maxCostUsd": 40}. A batch that stopped for its budget continues.',
      validator: unlessRepeated(batch, (request) => {
        read(SET_BUDGET_REQUEST, request ?? {});
        refuseUnless(!BUDGET_HAS_NO_EFFECT.includes(progress.state), batch, 'it makes no further jobs');
      }),
    },
  );
  setHandler(
    checkNowUpdate,
    once(batch, () => {
      requests.wake = true;
      if (batch.awaited) batch.awaited.checks += 1;
    }),
    {
      description: 'Checks the job now instead of at the next check.',
      validator: unlessRepeated(batch, () => {
        refuseUnless(progress.state === 'WAITING', batch, 'it does not wait for a job');
        refuseTooManyChecks(batch);
      }),
    },
  );

  setHandler(
    jobEventSignal,
    (event) => {
      batch.history.noteSignal();
      if (shouldWake(batch, event)) requests.wake = true;
    },
    { description: 'An event from outside: the job may have changed, so the batch checks it.' },
  );
}

/** The most checks that requests can cause while a batch waits for one job: each is a dozen events of the history. */
const MAX_REQUESTED_CHECKS = 20;

function refuseTooManyChecks({ id, awaited, progress }: Batch): void {
  if (!awaited || awaited.checks < MAX_REQUESTED_CHECKS) return;
  throw failure(
    'request-limit',
    `The batch ${id} has checked its job ${MAX_REQUESTED_CHECKS} times on request. It checks it again at ${progress.nextCheck}.`,
    { fix: 'Wait: the regular checks continue.' },
  );
}

/** An update that is sent again under the same id is carried out once, also where an earlier run of the workflow took it. */
function once<Args extends unknown[]>({ history, progress }: Batch, apply: (...args: Args) => void) {
  return (...args: Args): BatchProgress => {
    if (history.isRepeated) return progress;
    history.noteUpdate();
    apply(...args);
    return progress;
  };
}

function unlessRepeated<Args extends unknown[]>({ history }: Batch, validate: (...args: Args) => void) {
  return (...args: Args): void => {
    if (!history.isRepeated) validate(...args);
  };
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
