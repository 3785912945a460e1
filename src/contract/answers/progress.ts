import { ERROR_CODES } from '../errors.ts';
import { answer, choice, integer, list, number, optional, text } from '../rules.ts';
import { BATCH_STATES, END_STATES, JOB_STATES, STEPS } from '../words.ts';
import { ACTION } from './actions.ts';

const words = (description: string) => text(() => true, { description });
const count = (description: string) => integer(0, undefined, { description });
const usd = (description: string) => number({ description });
/** ISO 8601 in UTC. */
const time = (description: string) =>
  text((instant) => !Number.isNaN(Date.parse(instant)), { description, json: { format: 'date-time' } });

export const OUTPUT_COUNTS = answer(
  {
    total: count('All that the batch is to make.'),
    image: count('Outputs with an image.'),
    refused: count('Outputs that a policy of the model refused.'),
    failed: count('Outputs that ended with an error.'),
    missing: count('Outputs that a job was asked for and did not answer.'),
  },
  { id: 'OutputCounts', description: 'Outputs by outcome.' },
);

export const COST = answer(
  {
    estimated: usd('Before anything was sent, USD.'),
    actual: usd('From the usage of every answer so far, including refused ones, USD.'),
    reserved: optional(
      usd(
        'The most that submissions may cost beside that, USD: their jobs run, their answers were lost, or their results are gone or name no usage. Absent: nothing.',
      ),
    ),
  },
  { id: 'Cost', description: 'What the batch costs, USD.' },
);

const jobState = (description: string) => choice(JOB_STATES, { description });
const JOB_STATE = 'Google’s state without its prefix.';

export const JOB = answer(
  {
    name: words('Google’s name, `batches/…`.'),
    round: count('Its round, from 1.'),
    submission: count('Which submission of its round made it, from 1.'),
    state: jobState(JOB_STATE),
  },
  { id: 'Job', description: 'A Gemini batch job of the batch.' },
);

export const STOP = answer(
  {
    step: choice(STEPS, { description: 'The step at which the batch stopped.' }),
    code: choice(ERROR_CODES, { description: 'Why, from a closed set.' }),
    message: words('What happened, one sentence.'),
    fix: words('What to do, one sentence.'),
    actions: list(ACTION, { description: 'What an operator can do, the likeliest first.' }),
    since: time('When the batch stopped.'),
    nextTry: optional(
      time('When the batch tries again automatically. Absent where it waits for an operator.'),
    ),
  },
  { id: 'Stop', description: 'Why a batch stopped or failed, and what to do.' },
);

export const BATCH = answer(
  {
    batchId: words('The batch’s id.'),
    state: choice(BATCH_STATES, {
      description:
        'COMPLETED, COMPLETED_WITH_FAILURES, CANCELLED and FAILED are ends. NEEDS_ATTENTION is open and waits for an operator.',
    }),
    model: optional(words('Google’s id of the model.')),
    labels: optional(list(text(() => true)), { description: 'The labels of the batch.' }),
    round: count('0 until the first round begins.'),
    outputs: OUTPUT_COUNTS,
    job: optional(words('The job of this round.')),
    jobs: list(JOB, { description: 'All jobs of the batch, oldest first.' }),
    check: optional(
      answer({
        number: count('Which check of this job it was, from 1.'),
        jobState: jobState(JOB_STATE),
        pending: count('Rows that are not finished.'),
        successful: count('Rows with an answer.'),
        failed: count('Rows with an error.'),
      }),
      { description: 'What the last check of the job found.' },
    ),
    lastCheck: optional(time('When the job was last checked.')),
    nextCheck: optional(
      time('When the job is checked next. Present only while the batch waits for its job.'),
    ),
    quota: optional(answer({ since: time('Since when.'), nextTry: time('When the batch tries again.') }), {
      description: 'Google is at its limit. The batch waits and tries again automatically.',
    }),
    stop: optional(STOP),
    costUsd: COST,
    maxCostUsd: optional(usd('The most that the batch may cost over all rounds, USD. Absent: no limit.')),
    startedAt: time('When the batch was started.'),
    endedAt: optional(time('When the batch ended.')),
  },
  { id: 'Batch', description: 'Where a batch stands. Times are UTC, amounts US dollars.' },
);

export const BATCH_RESULT = answer(
  {
    batchId: words('The batch’s id.'),
    state: choice(END_STATES, {
      description:
        'COMPLETED, or COMPLETED_WITH_FAILURES where some outputs are not an image. A workflow that was cancelled or failed has no result.',
    }),
    outputs: OUTPUT_COUNTS,
    rounds: count('The number of rounds over all runs.'),
    jobs: list(
      text(() => true),
      { description: 'Google’s names of all its jobs, oldest first.' },
    ),
    costUsd: COST,
  },
  { id: 'BatchResult', description: 'How a batch ended.' },
);
